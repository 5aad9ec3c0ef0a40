"""WSMan over HTTP: sessions, transport and errors. The only package that uses pypsrp, requests and urllib3."""

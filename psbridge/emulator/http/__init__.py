"""HTTP/1.1 as an emulated host speaks it: the listening socket, its connections and their messages."""

"""The WSMan front: SOAP codec, shells and commands, one service that answers envelopes ([MS-WSMV])."""

"""`config init`: a first config from answers on a terminal, or from options."""

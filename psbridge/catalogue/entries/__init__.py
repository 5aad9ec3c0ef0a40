"""The long texts of `psbridge explain`, one file per category. Nothing but explain loads them."""

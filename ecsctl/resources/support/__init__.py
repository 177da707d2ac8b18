"""Parts of the kinds: values, and functions that read AWS for one or several of them."""

"""Parts of the resource types: values, and functions that read AWS for one or several of them."""

"""The pages of the desk, one module a page: what people see and do in a browser."""

"""Addresses of the service: each route translates between HTTP and a vintage, and nothing more."""

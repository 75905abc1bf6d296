"""What people and organisations commit; every function runs in a transaction of its caller."""

"""The world of a Linux host behind a router's doors: storage in a directory. Real network ports come later."""

"""7z archives: their header, which may be packed itself, and the folders in which members are packed together."""

"""What clients speak: each module offers `PROTOCOL`; they are strangers to one another."""

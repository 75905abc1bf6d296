"""Pictures of people and devices: bytes in, bytes out, by Pillow. Pure; costs milliseconds."""

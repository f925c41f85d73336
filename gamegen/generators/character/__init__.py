"""The character kind: sheets by the rules of SRD 5.1."""

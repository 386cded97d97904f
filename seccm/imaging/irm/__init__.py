"""Films of an interference reflection microscope: where a droplet is, when and where it plates."""

"""What there is to be granted: streams, files, directories, sockets, clocks. What guests call lies in other folders."""

mod quoting;

mod quoting;
mod terraform;

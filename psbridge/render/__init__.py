"""Writers by format name, and observers that show progress. Each is imported when it is first used; help needs the terminal."""

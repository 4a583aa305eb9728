"""One module for each picture: what it draws, as a pure function, and the figure that shows it."""

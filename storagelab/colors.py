"""The colours of data in every figure: one set that colour-blind eyes can part.

Blue, orange and green are Okabe and Ito's (2008, https://jfly.uni-koeln.de/color/), red and dark
yellow are Paul Tol's (https://personal.sron.nl/~pault/); all keep a contrast of 3:1 against white
and against JupyterLab's dark ground.
"""

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
RED, PURPLE, GREY = "#CC3311", "#AA5599", "#808080"
YELLOW = "#997700"

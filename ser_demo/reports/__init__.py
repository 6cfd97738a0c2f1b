"""What the HTML reports share: how a figure is drawn and how a page looks."""

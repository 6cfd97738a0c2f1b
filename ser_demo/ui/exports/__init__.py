"""A result as files for other programs and for other people, with the channels called as their owner calls them."""

from ser_demo.ui.exports.formats import EXPORTS, Export, export_html

__all__ = ["EXPORTS", "Export", "export_html"]

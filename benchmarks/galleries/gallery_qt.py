"""The gallery in Qt 5."""

import sys

from PyQt5 import QtWidgets  # type: ignore[import-not-found,unused-ignore]
from spec import WIDGETS  # type: ignore[import-not-found,unused-ignore]

application = QtWidgets.QApplication(sys.argv)
window = QtWidgets.QWidget(windowTitle="Gallery")
grid = QtWidgets.QGridLayout(window)
for number, (kind, label, states) in enumerate(WIDGETS):
    cell = QtWidgets.QWidget()
    row = QtWidgets.QHBoxLayout(cell)
    if kind == "checkbox":
        widget = QtWidgets.QCheckBox(label)
        widget.setChecked("checked" in states)
    elif kind == "radio":
        widget = QtWidgets.QRadioButton(label)
        widget.setAutoExclusive(False)
        widget.setChecked("checked" in states)
    elif kind == "button":
        widget = QtWidgets.QPushButton(label)
    elif kind == "combobox":
        widget = QtWidgets.QComboBox()
        widget.addItems([label, "Madrid"])
    else:
        row.addWidget(QtWidgets.QLabel(label))
        widget = QtWidgets.QLineEdit()
    widget.setEnabled("disabled" not in states)
    row.addWidget(widget)
    grid.addWidget(cell, number % 10, number // 10)
window.show()
application.exec_()

"""The gallery in Qt 5."""

import sys

from PyQt5 import QtCore, QtWidgets  # type: ignore[import-not-found,unused-ignore]
from spec import IN_PAGE, ROWS, TABS  # type: ignore[import-not-found,unused-ignore]

application = QtWidgets.QApplication(sys.argv)
window = QtWidgets.QTabWidget(windowTitle="Gallery")
page = QtWidgets.QWidget()
grid = QtWidgets.QGridLayout(page)
for number, (kind, label, states) in enumerate(IN_PAGE):
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
        if kind == "slider":
            widget = QtWidgets.QSlider(QtCore.Qt.Horizontal)
            widget.setValue(30 if label == "Volume" else 0)
        elif kind == "spinbutton":
            widget = QtWidgets.QSpinBox(value=3)
        else:
            widget = QtWidgets.QLineEdit()
    widget.setEnabled("disabled" not in states)
    row.addWidget(widget)
    grid.addWidget(cell, number % 10, number // 10)
rows = QtWidgets.QListWidget()
rows.addItems([label for _, label, _ in ROWS])
rows.setCurrentRow(next(n for n, (_, _, states) in enumerate(ROWS) if "selected" in states))
rows.setFixedHeight(100)
grid.addWidget(rows, 10, 0, 1, 3)
for _, label, states in TABS:
    window.addTab(page if "selected" in states else QtWidgets.QWidget(), label)
window.setCurrentWidget(page)
window.resize(600, 640)
window.show()
application.exec_()

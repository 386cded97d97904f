"""Small widgets in one line: what the views are put together from."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from ui.pushed import kinetic


def label(text: str = "", name: str = "", *, wrap: bool = False) -> QLabel:
    """Make a label; its name says in the style sheet how it looks."""
    made = QLabel(text)
    made.setObjectName(name)
    made.setWordWrap(wrap)
    made.setIndent(0)  # else headings, which have a border in the style sheet, stand further in
    return made


def look(widget: QWidget, name: str) -> None:
    """Give a widget another look: that of a name in the style sheet."""
    if widget.objectName() != name:
        widget.setObjectName(name)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def tool(
    text: str, tip: str = "", *, checkable: bool = False, exclusive: bool = False
) -> QToolButton:
    """Make a flat button."""
    made = QToolButton()
    made.setObjectName("flat")
    made.setText(text)
    made.setToolTip(tip)
    made.setCheckable(checkable)
    made.setAutoExclusive(exclusive)
    # A row that is too narrow is scrolled, or laid out otherwise: words are not cut.
    made.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    return made


MEANING = "meaning"
"""The property of a field that stands for no key of a plan: what it means, for F1."""


def means(field: QWidget, words: str, name: str = "") -> None:
    """Have F1 in a field say what it means.

    Args:
        field: or what it lies in.
        words: sentences.
        name: of the field, where it stands in a label beside it.
    """
    field.setProperty(MEANING, words)
    if name:
        field.setAccessibleName(name)


def line(text: str = "", hint: str = "", tip: str = "") -> QLineEdit:
    """Make a field with a hint of what to write."""
    made = QLineEdit(text)
    made.setPlaceholderText(hint)
    made.setToolTip(tip)
    return made


class Choice(QComboBox):
    """A box of choices that ends a choice which is too long for it in an ellipsis."""

    @property
    def shown(self) -> str:
        """What is written now."""
        option, control = QStyleOptionComboBox(), QStyle.ComplexControl.CC_ComboBox
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(control, option, field, self).width() - 2
        mode = Qt.TextElideMode.ElideRight
        return self.fontMetrics().elidedText(self.currentText(), mode, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write the choice, never cut without a sign."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.shown
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


def box(tip: str = "", *choices: str) -> Choice:
    """Make a box of choices."""
    made = Choice()
    tall(made)
    made.setToolTip(tip)
    made.addItems(list(choices))
    return made


def tall(box: QComboBox) -> QComboBox:
    """Make the rows of a box's list as high as the style sheet says, and let a finger push them."""
    box.setItemDelegate(QStyledItemDelegate(box))
    kinetic(box.view())
    return box


def narrow(box: QComboBox, letters: int) -> QComboBox:
    """Let a box be narrower than its longest choice; its list shows every choice whole."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(letters)
    box.view().setTextElideMode(Qt.TextElideMode.ElideNone)
    return box


def no_wheel(box: QComboBox) -> QComboBox:
    """Let the wheel scroll what is around a box, not change what happens to lie under it."""
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
    return tall(box)


class Scrolled(QScrollArea):
    """Shows something whole where there is room for it, and lets it be scrolled where not."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__(widgetResizable=True)
        self._inside = inside
        self.setWidget(inside)
        kinetic(self)

    def sizeHint(self) -> QSize:
        """Return the room for all of it."""
        return self._inside.sizeHint() + QSize(2, 2)


def uncut(*buttons: QAbstractButton) -> None:
    """Keep buttons as wide as their words; their style sheet would let a layout cut them.

    To be called after each change of the style sheet, which forgets it.
    """
    for button in buttons:
        button.setMinimumWidth(button.sizeHint().width())


class Tall(QWidget):
    """What is scrolled, at least as high as its wrapped words need at its width."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the new width asks for."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Take the height that new words ask for."""
        taken = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return taken

    def showEvent(self, event: QShowEvent) -> None:
        """Lay out what was said while nobody could see it."""
        super().showEvent(event)
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()
            self._fit()

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(max(0, layout.minimumHeightForWidth(self.width())))


def bar(*, endless: bool = False) -> QProgressBar:
    """Make a thin bar of progress; an endless one is hidden until something takes its time."""
    made = QProgressBar()
    made.setTextVisible(False)
    if endless:
        made.setMaximum(0)
        made.setVisible(False)
    return made


def bare(name: str = "") -> QWidget:
    """Make an empty widget that the style sheet knows by its name."""
    made = QWidget()
    made.setObjectName(name)
    return made

"""Turns a palette and sizes into Qt's palette, one style sheet, and plots of the same look."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont, QPalette, QScreen
from PySide6.QtWidgets import QApplication

from ui.models.palette import Palette, Sizes
from ui.models.palette import small as smallest

_ARROW = (Path(str(files("ui"))) / "icons" / "chevron.svg").as_posix()
STYLE = "fusion"
FONTS = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "DejaVu Sans"]


def dots_of(screen: QScreen) -> float:
    """Return the true dots per inch of a screen, as its maker told the system."""
    return screen.physicalDotsPerInch()


def dress(app: QApplication, palette: Palette, sizes: Sizes) -> None:
    """Give the whole application a look."""
    if not app.styleSheet() and app.style().objectName() != STYLE:
        # A style sheet wraps the style: it is set once, before there is one. Qt may crash where
        # it is set again while widgets of a closed window are on their way out.
        app.setStyle(STYLE)
    app.setPalette(_qt(palette))
    font = QFont(FONTS)
    font.setPixelSize(sizes.font)
    app.setFont(font)
    wanted = sheet(palette, sizes)
    if app.styleSheet() != wanted:
        app.setStyleSheet(wanted)
    pg.setConfigOptions(
        background=palette.panel,
        foreground=palette.text,
        antialias=False,
        imageAxisOrder="row-major",
    )


def _qt(p: Palette) -> QPalette:
    made = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: p.ground, role.WindowText: p.text, role.Base: p.panel, role.Text: p.text,
        role.AlternateBase: p.raised, role.Button: p.raised, role.ButtonText: p.text,
        role.Highlight: p.accent, role.HighlightedText: p.accent_text, role.ToolTipBase: p.raised,
        role.ToolTipText: p.text, role.PlaceholderText: p.muted, role.Link: p.accent,
        role.Mid: p.border, role.Dark: p.border, role.Light: p.hover, role.Shadow: p.ground,
    }  # fmt: skip
    for each, colour in colours.items():
        made.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        faint = QColor(p.muted)
        faint.setAlpha(120)
        made.setColor(QPalette.ColorGroup.Disabled, each, faint)
    return made


def rail_bar(s: Sizes) -> int:
    """Return the width of the bars where nothing but the bar can be pushed: 8 mm in gloves."""
    return s.target * 8 // 22 if s.glove else max(10, s.gap * 2)


def sheet(p: Palette, s: Sizes) -> str:
    """Return the style sheet of every widget."""
    pad, small = s.gap, smallest(s.font)
    field = s.target if s.glove else round(s.font * 2.1)
    wide = s.target if s.glove else 0
    faint = p.faint
    ring = max(3, s.font // 3)
    menu = (field - s.font) // 2 if s.glove else pad
    bar, handle = max(10, s.gap * 2), s.target if s.glove else 24
    return f"""
    * {{ font-size: {s.font}px; }}
    QMainWindow, QDialog, QWidget#page {{ background: {p.ground}; color: {p.text}; }}
    QMainWindow::separator {{ background: {p.ground}; width: {pad}px; height: {pad}px; }}
    QMainWindow::separator:hover {{ background: {p.accent}; }}
    QToolTip {{ background: {p.raised}; color: {p.text}; border: 1px solid {p.border};
        padding: {pad}px; }}

    QDockWidget {{ color: {p.muted}; font-size: {small}px; titlebar-close-icon: none; }}
    QDockWidget::title {{ background: {p.ground}; padding: {pad // 2}px {pad}px; }}
    QDockWidget > QWidget {{ background: {p.panel}; border: 1px solid {p.border};
        border-radius: {s.radius}px; }}
    QTabBar {{ background: {p.ground}; }}
    QTabBar::tab {{ background: transparent; color: {p.muted}; border: none;
        padding: {pad}px {2 * pad}px; border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {p.text}; border-bottom: 2px solid {p.accent}; }}
    QTabBar::tab:hover {{ color: {p.text}; }}
    QTabBar::tab:left {{ min-width: {s.target if s.glove else round(s.font * 2)}px;
        min-height: {s.target if s.glove else 0}px; padding: 0; border-bottom: none;
        border-left: 3px solid transparent; }}
    QTabBar::tab:left:selected {{ border-left: 3px solid {p.accent}; }}
    QTabWidget::pane {{ border: none; }}

    QPushButton, QToolButton {{ background: {p.raised}; color: {p.text};
        border: 1px solid {p.border}; border-radius: {s.radius}px; min-height: {field}px;
        padding: 0 {2 * pad}px; min-width: {wide - 4 * pad if wide else 0}px; }}
    QDialog#pad QPushButton {{ padding: 0; min-width: {max(wide, 5 * s.font)}px; }}
    QPushButton#digit {{ font-size: {round(1.6 * s.font)}px; }}
    QPushButton:hover, QToolButton:hover {{ background: {p.hover}; }}
    QPushButton:pressed, QToolButton:pressed {{ border-color: {p.accent}; }}
    QPushButton:focus, QToolButton:focus {{ border: 1px solid {p.accent}; }}
    QPushButton:checked, QToolButton:checked {{ border: 1px solid {p.accent}; color: {p.accent}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {faint}; background: {p.ground}; }}
    QToolButton#flat {{ background: transparent; border: 1px solid transparent;
        padding: 0 {pad}px; }}
    QPushButton#line, QPushButton#wrong-line {{ background: transparent; text-align: left;
        border: 1px solid transparent; font-weight: 400; }}
    QPushButton#line:hover, QPushButton#wrong-line:hover {{ background: {p.hover}; }}
    QPushButton#line:focus, QPushButton#wrong-line:focus {{ border: 1px solid {p.accent}; }}
    QPushButton#wrong-line {{ color: {p.bad}; }}
    QToolButton#flat:hover {{ background: {p.hover}; }}
    QToolButton#flat:checked {{ border: 1px solid {p.accent}; color: {p.accent}; }}
    QToolButton#flat:focus {{ border: 1px solid {p.text}; }}

    QWidget#bar {{ background: {p.panel}; border-bottom: 1px solid {p.border}; }}
    QWidget#bar QToolButton {{ min-height: {s.target}px; font-weight: 600; }}
    QWidget#strip QToolButton {{ min-height: {round(s.font * 1.7)}px; font-weight: 400; }}
    QToolButton#start {{ background: {p.start}; color: white; border: none; }}
    QToolButton#start:hover {{ background: {p.start_hover}; }}
    QToolButton#start:disabled {{ background: {p.ground}; color: {faint};
        border: 1px solid {p.border}; }}
    QToolButton#emergency {{ background: {p.danger}; color: white; border: none;
        font-weight: 700; padding: 0 {3 * pad}px; }}
    QToolButton#emergency:hover {{ background: {p.danger_hover}; }}
    QLabel#virtual {{ background: {p.warn}; color: {p.panel}; font-weight: 800;
        border-radius: {s.radius}px; padding: {pad // 2}px {2 * pad}px; }}
    QLabel#alarm {{ background: {p.danger}; color: white; font-weight: 700;
        padding: {pad}px {2 * pad}px; }}
    QLabel#lifted {{ background: {p.start}; color: white; font-weight: 700;
        padding: {pad}px {2 * pad}px; }}
    QLabel#notice {{ background: {p.warn}; color: {p.panel}; font-weight: 700;
        padding: {pad}px {2 * pad}px; }}
    QWidget#unsaved {{ background: {p.raised}; border: 1px solid {p.warn};
        border-radius: {s.radius}px; }}
    QLabel#caption {{ color: {p.muted}; font-size: {small}px; }}
    QLabel#readout {{ color: {p.text}; font-size: {s.readout}px; font-weight: 600; }}
    QLabel#stale {{ color: {p.muted}; font-size: {s.readout}px; font-weight: 400;
        font-style: italic; }}
    QLabel#number {{ color: {p.text}; font-weight: 600; }}
    QLabel#stale-number {{ color: {p.muted}; font-style: italic; }}
    QLabel#quiet {{ color: {p.muted}; padding: {pad}px {2 * pad}px; }}
    QLabel#muted {{ color: {p.muted}; }}
    QLabel#small {{ color: {p.muted}; font-size: {small}px; }}
    QLabel#title {{ font-size: {round(s.font * 1.25)}px; font-weight: 700; }}
    QLabel#heading {{ font-weight: 700; color: {p.text}; padding-top: {pad}px; }}
    QLabel#mistake {{ color: {p.bad}; font-size: {small}px; }}
    QLabel#warning {{ color: {p.warn}; }}
    QLabel#bad {{ color: {p.bad}; font-weight: 600; }}
    QLabel#good {{ color: {p.good}; font-weight: 600; }}

    QWidget#rail, QWidget#rail QWidget {{ background: {p.panel}; }}
    QWidget#rail QToolButton {{ background: transparent; border: none; color: {p.muted};
        border-left: 3px solid transparent; border-radius: 0; padding: {pad}px {pad // 2}px;
        font-size: {small}px; min-height: {max(s.target, round(s.font * 3.4))}px; }}
    QWidget#rail QToolButton:hover {{ background: {p.hover}; color: {p.text}; }}
    QWidget#rail QToolButton:checked {{ color: {p.text}; border-left: 3px solid {p.accent};
        background: {p.raised}; }}

    QLineEdit, QComboBox, QSpinBox, QPlainTextEdit, QTextEdit {{ background: {p.panel};
        color: {p.text}; border: 1px solid {p.border}; border-radius: {s.radius // 2 + 1}px;
        padding: 0 {pad}px; min-height: {field}px; selection-background-color: {p.accent};
        selection-color: {p.accent_text}; }}
    QLineEdit#readout {{ font-size: {min(s.readout, 3 * s.font)}px; font-weight: 600; }}
    QPlainTextEdit, QTextEdit {{ padding: {pad // 2}px; min-height: {round(s.font * 4.8)}px;
        max-height: {round(s.font * 4.8)}px; }}
    QPlainTextEdit#log, QPlainTextEdit#file {{ min-height: 0; max-height: 16000000px; }}
    QPlainTextEdit#log {{ border: none; padding: 0; }}
    QCheckBox::indicator {{ width: {s.font}px; height: {s.font}px; border-radius: 3px;
        border: 1px solid {p.muted}; background: {p.panel}; }}
    QCheckBox::indicator:checked {{ background: {p.accent}; border-color: {p.accent}; }}
    QRadioButton {{ spacing: {pad}px; min-height: {field}px; }}
    QRadioButton::indicator {{ width: {s.font}px; height: {s.font}px;
        border-radius: {s.font // 2 + 1}px; border: 1px solid {p.muted}; background: {p.panel}; }}
    QRadioButton::indicator:checked {{ border: {ring}px solid {p.accent};
        width: {s.font - 2 * ring + 2}px; height: {s.font - 2 * ring + 2}px; }}
    QCheckBox::indicator:focus, QCheckBox::indicator:checked:focus, QRadioButton::indicator:focus {{
        border: 1px solid {p.text}; }}
    QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus {{ border: 1px solid {p.accent}; }}
    QLineEdit[wrong="true"], QComboBox[wrong="true"], QPlainTextEdit[wrong="true"] {{
        border: 1px solid {p.bad}; }}
    QLineEdit:disabled, QComboBox:disabled {{ color: {faint}; background: {p.ground}; }}
    QComboBox::drop-down {{ border: none; width: {round(s.font * 1.6)}px; }}
    QComboBox::down-arrow {{ image: url("{_ARROW}"); width: {s.font}px; height: {s.font}px; }}
    QComboBox QAbstractItemView {{ background: {p.raised}; color: {p.text};
        border: 1px solid {p.border}; selection-background-color: {p.accent};
        selection-color: {p.accent_text}; outline: none; }}
    QComboBox QAbstractItemView::item {{ min-height: {s.target if s.glove else 0}px; }}
    QCheckBox {{ spacing: {pad}px; min-height: {field}px; }}
    QTreeView, QTableView, QListView {{ background: {p.panel}; color: {p.text}; border: none;
        alternate-background-color: {p.raised}; outline: none; gridline-color: {p.border}; }}
    QTreeView::item, QListView::item {{ padding: {pad // 3}px;
        min-height: {s.target if s.glove else 0}px; }}
    QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {{
        background: {p.hover}; color: {p.text}; }}
    QHeaderView::section {{ background: {p.panel}; color: {p.muted}; border: none;
        border-bottom: 1px solid {p.border}; padding: {pad // 2}px {pad}px; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: {p.panel}; border: none; }}
    QScrollArea > QWidget > QWidget#page {{ background: {p.ground}; }}
    QScrollBar:vertical {{ background: transparent; width: {bar}px; }}
    QWidget#rail QScrollBar:vertical, QPlainTextEdit QScrollBar:vertical,
    QAbstractItemView QScrollBar:vertical {{ width: {rail_bar(s)}px; }}
    QScrollBar:horizontal {{ background: transparent; height: {bar}px; }}
    QScrollBar::handle {{ background: {p.border}; border-radius: 4px; min-height: {handle}px;
        min-width: {handle}px; margin: 2px; }}
    QScrollBar::handle:hover {{ background: {p.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: none; border: none; height: 0; width: 0; }}
    QProgressBar {{ background: {p.raised}; border: none; border-radius: 3px; height: 6px;
        min-height: 6px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {p.accent}; border-radius: 3px; }}
    QSplitter::handle {{ background: {p.ground}; }}
    QMenu {{ background: {p.raised}; color: {p.text}; border: 1px solid {p.border};
        padding: {pad // 2}px; }}
    QMenu::item {{ padding: {menu}px {3 * pad}px; }}
    QMenu::item:selected {{ background: {p.hover}; }}
    QStatusBar {{ background: {p.ground}; color: {p.muted}; }}
    """

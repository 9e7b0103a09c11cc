"""What openpyxl reads in a workbook, as JSON: sheets with their charts, frozen panes, print set-up, and the cells' values, kinds and formats."""
import json
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
out = {"sheets": {}, "active": book.active.title}
for sheet in book.worksheets:
    rows = [[{"v": str(c.value) if c.value is not None else None, "t": c.data_type, "f": c.number_format} for c in row] for row in sheet.iter_rows()]
    out["sheets"][sheet.title] = {
        "charts": len(sheet._charts), "freeze": sheet.freeze_panes, "titles": sheet.print_title_rows, "landscape": sheet.page_setup.orientation == "landscape",
        "fit": sheet.page_setup.fitToWidth, "width": [round(d.width) for d in sheet.column_dimensions.values()], "rows": rows,
    }
print(json.dumps(out))

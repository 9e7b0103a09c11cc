package web

import (
	"hotline/reports"
	"hotline/web/table"
)

func forecastTable(f *reports.Forecast) *table.Table {
	type p = reports.ForecastPoint
	type col = table.Col[p]
	real := func(id, en, zh string, get func(p) *float64) col {
		return table.C(table.Decimal, id, en, zh, func(x p) table.Cell { return table.F(get(x)).To(2) })
	}
	whole := func(id, en, zh string, get func(p) *int) col {
		return table.C(table.Number, id, en, zh, func(x p) table.Cell { return table.NP(get(x)) })
	}
	cols := []col{
		table.C(table.ID, "date", "Date", "日期", func(p) table.Cell { return table.I(f.Date) }),
		table.C(table.ID, "time", "Time", "时段", func(x p) table.Cell { return table.I(x.Time) }),
		table.C(table.Time, "start", "From", "开始", func(x p) table.Cell { return table.At(x.Start) }),
		real("forecast", "Forecast", "预测来电", func(x p) *float64 { return &x.Demand }).Sums(),
		real("low", "Low", "下限", func(x p) *float64 { return &x.Low }),
		real("high", "High", "上限", func(x p) *float64 { return &x.High }),
		real("corrected", "Corrected", "日内修正", func(x p) *float64 { return x.Now }).Is("by what came so far today", "按今天已来的修正"),
		table.C(table.Duration, "aht_ms", "AHT", "平均处理时长", func(x p) table.Cell { return table.D(x.AHTMS) }),
		whole("came", "Came", "实际来电", func(x p) *int { return x.Came }).Sums(),
		whole("last_week", "Same day last week", "上周同日", func(x p) *int { return x.Last }).Sums(),
		whole("required", "Required", "需要坐席", func(x p) *int { return &x.Required }),
		whole("to_roster", "To roster", "应排坐席", func(x p) *int { return &x.Scheduled }).Is("required, with shrinkage", "需要坐席，计入损耗"),
		whole("planned", "Planned", "已排坐席", func(x p) *int { return x.Planned }),
		real("staffed", "Staffed", "实到坐席", func(x p) *float64 { return x.Staffed }),
		table.C(table.Ratio, "expected_level", "Expected service level", "预计服务水平", func(x p) table.Cell { return table.R(x.Level) }),
		table.C(table.Ratio, "actual_level", "Actual service level", "实际服务水平", func(x p) table.Cell { return table.R(x.Actual) }),
	}
	return table.Of(table.Table{Name: "forecast", Title: table.Words{EN: "Forecast " + f.Date, ZH: "来电预测 " + f.Date}, Count: len(f.Slots)}, cols, table.Each(f.Slots), nil)
}

package hotline_test

import . "hotline"

func deskFacts() []Fact {
	return []Fact{
		WrapCoded{Visit: "0j4tq8m2k5.1", Code: "claim.car", Was: "claim.home", By: "lead"},
		WrapExtended{Visit: "0j4tq8m2k5.1", Until: clock(41), Times: 1, Source: SourceAgent},
		Noted{Visit: "0j4tq8m2k5.1", Text: "车牌已记", By: "lead"},
		HandRaised{On: true, Note: "理赔额度", By: "lead"},
		TaskOpened{
			Task: "0j4tq8m2k5.t1", What: TaskFollowUp, From: Party{Number: "13800138000", Name: "张三"}, Owner: "8001", Due: clock(59),
			Note: "明天回电", By: "8001",
		},
		TaskChanged{Task: "0j4tq8m2k5.t1", Owner: "a", Due: clock(58), Note: "后天回电", By: "lead"},
		NoticePosted{Notice: "n1", Rev: 2, Title: "费率", Text: "今日起", Teams: []string{"a"}, Until: clock(59), By: "lead"},
		NoticeRead{Notice: "n1", Rev: 2, By: "8001"},
		NoticeRemoved{Notice: "n1", By: "lead"},
	}
}

package kpi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/customerkpi/kpi"
)

// coveredNames are what people ask a customer library for, by the names that they use:
// each must be found in the catalog.
var coveredNames = []string{
	// acquisition
	"获客成本", "客户获取成本", "渠道获客成本", "渠道转化率", "渠道ROI", "campaign ROI", "CAC与CLV平衡", "CAC", "CPA",
	"客户获取率", "新客户数量", "邮件打开率", "结账放弃率",
	"漏斗转化率", "客户转化率", "转化率", "转换率", "潜在客户评分", "attribution",
	"跟进周期", "跟进次数", "跟进频率", "每月跟进量", "跟进效率", "漏跟进", "跟进成功率", "最佳时段与方式",
	"赢单率", "成交率",
	// value
	"客户终身价值", "终身价值", "生命周期价值", "LTV", "CLV",
	"客单价", "笔单价", "购买频率", "回头客比例", "复购率(人数)", "复购率(订单)", "回购率", "老客占比",
	// retention
	"客户流失率", "客户留存率", "保留率", "留存率", "客户生命周期", "流失原因", "Kaplan–Meier estimate",
	// voice
	"客户满意度", "净推荐值", "客户努力得分", "客户反馈率", "客户推荐率", "推荐次数", "客户忠诚度", "忠诚度指数",
	"NPS", "CSAT", "CES", "ACSI",
	// service
	"客户投诉率", "首次响应时间", "投诉响应时间", "响应达标率", "问题解决时间", "解决率", "问题频率", "SLA attainment",
	// activity
	"活跃客户占比", "活跃客户增速", "活跃触点数", "客户行为", "访问次数", "停留时间", "浏览页数",
	"DAU", "WAU", "MAU", "stickiness", "lifecycle",
	"续约率", "续费率", "回款率", "MRR", "ARR", "NRR", "GRR", "quick ratio", "earned growth",
	"客户分层", "ABC analysis", "RFM segments", "客户贡献度", "客户成长率", "交叉销售率", "Gini coefficient",
	"流失自动预警", "客户参与度", "互动转化率", "次日留存", "7日留存", "30日留存",
	"predictive CLV, sBG", "P(alive), BG/NBD", "DERT, Pareto/NBD", "expected spend",
	// steering
	"客户健康度", "KPI目标达成", "时间进度", "团队绩效",
}

// resolve returns the entries that have a name, in either language.
func resolve(name string) (keys []string) {
	for _, e := range kpi.Catalog() {
		if slices.Contains(e.Chinese, name) || slices.ContainsFunc(e.English, func(s string) bool { return strings.EqualFold(s, name) }) {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

func TestCatalogCoverage(t *testing.T) {
	t.Parallel()
	for i, name := range coveredNames {
		require.NotEmpty(t, resolve(name), name)
		require.NotContains(t, coveredNames[:i], name)
	}
	// Aliases lead to one place.
	for _, same := range [][]string{
		{"获客成本", "客户获取成本"},
		{"客户终身价值", "终身价值", "生命周期价值", "LTV"},
		{"保留率", "留存率", "客户留存率"},
		{"转换率", "转化率"},
		{"赢单率", "成交率"},
	} {
		want := resolve(same[0])
		for _, name := range same {
			require.Equal(t, want, resolve(name), name)
		}
	}
	require.Empty(t, resolve("月亮"))
}

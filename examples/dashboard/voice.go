package main

import (
	"fmt"
	"io"

	"github.com/customerkpi/kpi"
	"github.com/customerkpi/kpi/examples/data"
)

func voice(w io.Writer) error {
	answers, err := data.Survey()
	if err != nil {
		return err
	}
	var nps kpi.NPS
	if err := nps.AddAll(answers.Recommend); err != nil {
		return err
	}
	var csat kpi.CSAT
	if err := csat.AddAll(answers.Satisfied); err != nil {
		return err
	}
	csat.Blank = int64(answers.Sent - len(answers.Satisfied))
	var ces kpi.CES
	if err := ces.AddAll(answers.Easy); err != nil {
		return err
	}

	t := heading(w, "Voice of the customer",
		fmt.Sprintf("From a MADE-UP survey of %d sheets, to show the figures; no customer said this.", answers.Sent),
		"metric\tn\tvalue\tinterval")
	score, err := nps.Score()
	if err != nil {
		return err
	}
	i, err := nps.Interval(confidence)
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "NPS, points\t%d\t%.1f\t%.1f to %.1f\t\n", nps.N(), score, i.Lo, i.Hi)
	for _, part := range []struct {
		name string
		ask  func() (kpi.Proportion, error)
	}{
		{"promoters, 9 and 10", nps.PromoterShare},
		{"passives, 7 and 8", nps.PassiveShare},
		{"detractors, 0 to 6", nps.DetractorShare},
	} {
		p, err := part.ask()
		if err != nil {
			return err
		}
		limits, err := p.Interval(confidence)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t\n", part.name, p.N, p.Percent(1), limits.Percent(1))
	}
	top, err := csat.TopBox()
	if err != nil {
		return err
	}
	if i, err = top.Interval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CSAT, 4 and 5 of 5\t%d\t%s\t%s\t\n", top.N, top.Percent(1), i.Percent(1))
	mean, err := csat.Mean()
	if err != nil {
		return err
	}
	value, err := mean.Ratio()
	if err != nil {
		return err
	}
	if i, err = mean.Interval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CSAT, mean of 1–5\t%d\t%.2f\t%.2f to %.2f\t\n", mean.N, value, i.Lo, i.Hi)
	easy, err := ces.EasyShare()
	if err != nil {
		return err
	}
	if i, err = easy.Interval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CES, 5 to 7 of 7\t%d\t%s\t%s\t\n", easy.N, easy.Percent(1), i.Percent(1))
	net, err := ces.NetEasy()
	if err != nil {
		return err
	}
	if i, err = ces.NetEasyInterval(confidence); err != nil {
		return err
	}
	fmt.Fprintf(t, "CES, net easy\t%d\t%s\t%s\t\n", ces.N(), net.Percent(1), i.Percent(1))
	if err := t.Flush(); err != nil {
		return err
	}
	answered, err := csat.Answered()
	if err != nil {
		return err
	}
	text, err := share(answered, nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nThe satisfaction question was answered on %s of the sheets.\n", text)
	return err
}

package kpi_test

import (
	"fmt"

	"github.com/customerkpi/kpi"
)

func ExampleScale() {
	faces := kpi.Scale{Min: 1, Max: 3, TopFrom: 3}
	fmt.Println(faces.Contains(3), faces.Contains(4))
	fmt.Println(kpi.Scale{}.Contains(5), kpi.Scale{}.Contains(0)) // 1 to 5
	// Output:
	// true false
	// true false
}

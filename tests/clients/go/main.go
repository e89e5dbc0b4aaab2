// The Go client of WinRM that Packer and Terraform use, as one command of its own.
//
//	winrm-go -host 127.0.0.1 -port 5985 [-ca FILE] [-ntlm] [-from ADDRESS] -user NAME -command LINE [-input TEXT] [-times N]
//
// The password comes by $WINRM_PASSWORD. Each time is a client and a shell of its own; all are driven at once. With
// -input the library polls for output and sends input at the same time, over two connections; by NTLM it may then mix the
// legs of its two logins. Prints one line of JSON for each time.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/ioutil"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/masterzen/winrm"
)

type outcome struct {
	Stdout   string  `json:"stdout"`
	Stderr   string  `json:"stderr"`
	ExitCode int     `json:"exit_code"`
	Error    string  `json:"error"`
	Seconds  float64 `json:"seconds"`
}

func refuse(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "winrm-go:", err)
		os.Exit(2)
	}
}

func main() {
	host := flag.String("host", "127.0.0.1", "")
	port := flag.Int("port", 5985, "")
	authority := flag.String("ca", "", "PEM file to trust; with it the connection is TLS")
	ntlm := flag.Bool("ntlm", false, "log in by NTLM, otherwise by Basic")
	from := flag.String("from", "127.0.0.1", "source address")
	user := flag.String("user", "", "")
	command := flag.String("command", "hostname", "")
	input := flag.String("input", "", "for the command's standard input")
	times := flag.Int("times", 1, "")
	flag.Parse()

	var trusted []byte
	if *authority != "" {
		var err error
		trusted, err = ioutil.ReadFile(*authority)
		refuse(err)
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(*from)}}
	parameters := winrm.NewParameters("PT20S", "en-US", 153600)
	parameters.Dial = dialer.Dial
	if *ntlm {
		parameters.TransportDecorator = func() winrm.Transporter { return winrm.NewClientNTLMWithDial(dialer.Dial) }
	}
	endpoint := winrm.NewEndpoint(*host, *port, trusted != nil, false, trusted, nil, nil, time.Minute)

	var all sync.WaitGroup
	lines := json.NewEncoder(os.Stdout)
	var one sync.Mutex
	for i := 0; i < *times; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			began := time.Now()
			var told outcome
			client, err := winrm.NewClientWithParameters(endpoint, *user, os.Getenv("WINRM_PASSWORD"), parameters)
			refuse(err)
			var stdout, stderr bytes.Buffer
			if *input == "" {
				told.ExitCode, err = client.Run(*command, &stdout, &stderr)
			} else {
				told.ExitCode, err = client.RunWithInput(*command, &stdout, &stderr, strings.NewReader(*input))
			}
			told.Stdout, told.Stderr = stdout.String(), stderr.String()
			told.Seconds = time.Since(began).Seconds()
			if err != nil {
				told.Error = err.Error()
			}
			one.Lock()
			defer one.Unlock()
			refuse(lines.Encode(told))
		}()
	}
	all.Wait()
}

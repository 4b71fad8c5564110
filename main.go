// Command airbyte-agent-mcp is an MCP server in front of the Airbyte Agent API.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server"
	"airbyte-agent-mcp/server/consent"
	"airbyte-agent-mcp/server/demo"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/formats"
	"airbyte-agent-mcp/tools/journal"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/secrets"
)

// version is set by release builds.
var version = ""

const description = "MCP server for the Airbyte Agent API: gives AI agents access to business data. \"serve --help\" lists how clients can connect."

// Exit statuses: what a script can tell apart.
const (
	exitFailed = 1 // it was tried and did not succeed
	exitUsage  = 2 // it could not be tried as asked
)

// cli is the command line. Each package brings its own settings.
type cli struct {
	Airbyte  airbyteclient.Config `embed:"" group:"Airbyte account"`
	Settings string               `name:"settings" env:"AIRBYTE_SETTINGS" type:"path" placeholder:"FILE" help:"Settings file of Airbyte's command line, by default ~/.airbyte-agent/settings.json; flags and environment go before it."`
	Choice   tools.Choice         `embed:"" group:"Tools"`

	Limits      dispatch.Limits `embed:"" group:"Answers"`
	Writes      plan.Policy     `embed:"" group:"Writes"`
	Credentials secrets.Policy  `embed:"" group:"Writes"`

	Log     telemetry.LogConfig `embed:"" group:"Log"`
	Sandbox bool                `name:"sandbox" env:"AIRBYTE_MCP_SANDBOX" help:"Work against an emulation of the Agent API in this process; no account is needed."`
	Fault   []string            `name:"fault" sep:"none" placeholder:"FAULT" help:"With --sandbox: make it misbehave, such as 429:/execute:times=2; may be repeated."`

	Serve      serveCommand   `cmd:"" default:"withargs" help:"Serve MCP (the default)."`
	Demo       demoCommand    `cmd:"" help:"Watch an agent's session against the sandbox."`
	Call       callCommand    `cmd:"" help:"Call one tool and print its answer."`
	Tools      toolsCommand   `cmd:"" help:"List the tools, with effect, toolset and size."`
	Catalog    catalogCommand `cmd:"" help:"Print the tools as a model provider or framework takes them, or check them against the rules of each."`
	Approve    approveCommand `cmd:"" help:"See the plan of a write that waits for you, and answer it."`
	AuditCmd   auditCommand   `cmd:"" name:"audit" help:"Look at a journal of writes."`
	SandboxCmd sandboxCommand `cmd:"" name:"sandbox" help:"Serve the sandbox by itself."`
	Version    versionCommand `cmd:"" help:"Print the version."`
}

// environment is what a command has of the world, so that tests can give it
// another one.
type environment struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)   // a second signal ends the process at once
	signal.Ignore(syscall.SIGPIPE) // a client that hangs up is told in the log
	airbyteclient.UnsetBlank()
	os.Exit(run(environment{ctx, os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// failure is an outcome that is already told; only its exit status is left.
type failure int

func (f failure) Error() string { return fmt.Sprintf("exit status %d", int(f)) }

// usage is an error in how the command was called or configured.
type usage struct{ error }

func run(env environment, args []string) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("airbyte-agent-mcp"), kong.Description(description),
		kong.Writers(env.stdout, env.stderr), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ExplicitGroups(nil),
	)
	if err != nil {
		return complain(env, err, exitFailed)
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		return complain(env, err, exitUsage)
	}
	err = parsed.Run(&env, &c, parsed)
	var told failure
	var misuse usage
	switch {
	case err == nil:
		return 0
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &misuse):
		return complain(env, err, exitUsage)
	}
	return complain(env, err, exitFailed)
}

func complain(env environment, err error, status int) int {
	fmt.Fprintln(env.stderr, "airbyte-agent-mcp:", strings.ReplaceAll(err.Error(), "\n", "; "))
	return status
}

// wire builds the server that a command's flags describe, and what must be
// closed after it.
func (c *cli) wire(config server.Config, env *environment) (*server.Server, func(), error) {
	log := telemetry.NewLogger(env.stderr, c.Log)
	list, err := tools.Choose(tools.Catalog(), c.Choice)
	if err != nil {
		return nil, nil, usage{err}
	}
	closing := func() {}
	if len(c.Fault) > 0 && !c.Sandbox {
		return nil, nil, usage{errors.New("--fault needs --sandbox: only the sandbox can be made to misbehave")}
	}
	c.Credentials.Own = []string{c.Airbyte.ClientSecretFile, c.Limits.SealKeyFile, c.Writes.Audit}
	if c.Sandbox {
		if closing, err = c.useSandbox(env.ctx); err != nil {
			return nil, nil, err
		}
	}
	if err := c.readSettings(); err != nil {
		closing()
		return nil, nil, usage{err}
	}
	c.Airbyte.UserAgent = "airbyte-agent-mcp/" + telemetry.Version(version)
	api, err := airbyteclient.New(c.Airbyte, airbyteclient.WithObserver(telemetry.Observe))
	if err != nil {
		closing()
		return nil, nil, usage{err}
	}
	c.Writes.Stderr = env.stderr
	config.Credentials, config.Limits, config.Writes, config.ReadOnly, config.Version = c.Credentials, c.Limits, c.Writes, c.Choice.ReadOnly, telemetry.Version(version)
	s, err := server.New(list, account.OneClient(api), config, log)
	if err != nil {
		closing()
		return nil, nil, usage{err}
	}
	return s, func() { s.Close(); api.CloseIdleConnections(); closing() }, nil
}

// readSettings fills from environment and file what no flag has set. The
// sandbox has none of the user's account, and its rules for writes only from a
// file that is named.
func (c *cli) readSettings() error {
	path := c.Settings
	if c.Sandbox && path == "" {
		return nil
	}
	if !c.Sandbox {
		c.Airbyte.ClientSecret = airbyteclient.NewSecret(os.Getenv("AIRBYTE_CLIENT_SECRET"))
	}
	path, err := airbyteclient.FindSettings(path)
	if err != nil || path == "" { // no home directory, no settings
		return err
	}
	c.Credentials.Own = append(c.Credentials.Own, path)
	settings, err := airbyteclient.ReadSettings(path)
	if err != nil {
		return err
	}
	if err := c.Writes.ReadRules(settings.MCP); err != nil {
		return fmt.Errorf("settings file %s: %w", path, err)
	}
	if !c.Sandbox {
		settings.Apply(&c.Airbyte)
	}
	return nil
}

// useSandbox starts the sandbox on loopback and points the client at it.
func (c *cli) useSandbox(ctx context.Context) (func(), error) {
	faults, err := sandbox.ParseFaults(c.Fault)
	if err != nil {
		return nil, usage{fmt.Errorf("--fault %w", err)}
	}
	serving, err := sandbox.Serve(ctx, "127.0.0.1:0", sandbox.Options{Faults: faults}, nil)
	if err != nil {
		return nil, err
	}
	c.Airbyte.APIHost = "http://" + serving.Address
	c.Airbyte.WebAppURL = c.Airbyte.APIHost
	c.Airbyte.ClientID = sandbox.ClientID
	c.Airbyte.ClientSecret = airbyteclient.NewSecret(sandbox.ClientSecret)
	c.Airbyte.ClientSecretFile = ""
	c.Airbyte.OrganizationID = sandbox.OrganizationID
	c.Airbyte.Workspace = "" // the sandbox has none of the user's
	return func() { _ = serving.Close() }, nil
}

type serveCommand struct {
	Server server.Config `embed:"" group:"Transport"`
}

func (s *serveCommand) Run(env *environment, c *cli) error {
	srv, closing, err := c.wire(s.Server, env)
	if err != nil {
		return err
	}
	defer closing()
	return srv.Run(env.ctx, env.stdin, env.stdout)
}

type demoCommand struct{}

func (demoCommand) Run(env *environment) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	return demo.Run(env.ctx, env.stdout, binary, "--sandbox", "--log-level=error", "--writes=allow")
}

// maxArguments is the longest argument object that call takes, in bytes.
const maxArguments = 4 << 20

type callCommand struct {
	Tool      string `arg:"" help:"Name of the tool."`
	Arguments string `arg:"" optional:"" default:"{}" help:"Its arguments, a JSON object; - reads them from standard input."`
}

func (k *callCommand) Run(env *environment, c *cli, parsed *kong.Context) error {
	if !given(parsed, "writes") {
		c.Writes.Mode = "allow" // who types it is the person that would be asked
	}
	if c.Log.LogLevel == "info" {
		c.Log.LogLevel = "warn" // the answer is the news here
	}
	// A call by name reaches every tool; what is excluded stays so.
	if len(c.Choice.Toolsets) == 0 && len(c.Choice.Tools) == 0 {
		c.Choice.Toolsets = []string{"all"}
	}
	srv, closing, err := c.wire(server.Config{Transport: "stdio", MaxRequestBytes: maxArguments}, env)
	if err != nil {
		return err
	}
	defer closing()
	arguments, err := k.arguments(env.stdin)
	if err != nil {
		return err
	}
	ask := env.ask
	if k.Arguments == "-" || !consent.IsTerminal(env.stdin) {
		ask = nil
	}
	answer, words, err := srv.Call(env.ctx, k.Tool, arguments, ask)
	switch {
	case err != nil:
		return usage{err}
	case words != "":
		fmt.Fprintln(env.stderr, words)
		return failure(exitFailed)
	}
	_, err = fmt.Fprintln(env.stdout, string(answer))
	return err
}

// arguments returns the arguments of the call, read from in where they are -.
func (k *callCommand) arguments(in io.Reader) ([]byte, error) {
	given := []byte(k.Arguments)
	if k.Arguments == "-" {
		var err error
		if given, err = io.ReadAll(io.LimitReader(in, maxArguments+1)); err != nil {
			return nil, fmt.Errorf("read arguments: %w", err)
		}
		if len(given) > maxArguments {
			return nil, usage{fmt.Errorf("the arguments are longer than %d bytes", maxArguments)}
		}
	}
	if trimmed := bytes.TrimSpace(given); !json.Valid(trimmed) || trimmed[0] != '{' {
		return nil, usage{errors.New("the arguments must be a JSON object, such as '{\"name\": \"hub\"}'")}
	}
	return given, nil
}

// given reports whether a flag was set, on the command line or by its variable.
func given(parsed *kong.Context, name string) bool {
	for _, step := range parsed.Path {
		if step.Flag != nil && step.Flag.Name == name {
			return true
		}
	}
	for _, f := range parsed.Flags() {
		if f.Name == name {
			return slices.ContainsFunc(f.Envs, func(env string) bool { _, set := os.LookupEnv(env); return set })
		}
	}
	return false
}

type approveCommand struct {
	Code string `arg:"" help:"The code that the agent was given, such as 43117-ABCD-EFGH-IJKL-MNOP."`
}

func (a *approveCommand) Run(env *environment) error {
	if !consent.IsTerminal(env.stdin) {
		return usage{errors.New("approve asks a person and needs a terminal")}
	}
	said, err := consent.AnswerPlan(env.ctx, a.Code, env.ask)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stderr, said)
	return err
}

// ask shows a person the plan of a write and returns their yes or no. It speaks
// on standard error: the answer of a call goes to standard output.
func (e *environment) ask(plan string) (yes bool, err error) {
	yes, err = consent.AskPerson(e.stdin, e.stderr, plan)
	if errors.Is(err, consent.ErrNoAnswer) {
		err = usage{err}
	}
	return yes, err
}

type auditCommand struct {
	Verify verifyCommand `cmd:"" help:"Check that no line of a journal is missing, altered or out of order."`
}

type verifyCommand struct {
	File string `arg:"" type:"existingfile" help:"The journal, as given to --audit."`
}

func (v *verifyCommand) Run(env *environment) error {
	lines, err := journal.VerifyFile(v.File)
	var bad *journal.BadLine
	switch {
	case errors.As(err, &bad):
		fmt.Fprintln(env.stdout, bad)
		return failure(exitFailed)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%d lines, chain whole\n", lines)
	return err
}

type toolsCommand struct{}

func (toolsCommand) Run(env *environment, c *cli) error {
	if len(c.Choice.Toolsets) == 0 && len(c.Choice.Tools) == 0 {
		c.Choice.Toolsets = []string{"all"}
	}
	list, err := tools.Choose(tools.Catalog(), c.Choice)
	if err != nil {
		return usage{err}
	}
	return tools.Print(env.stdout, list)
}

type catalogCommand struct {
	Format formats.Format `name:"format" enum:"mcp,openai,openai-strict,anthropic,gemini,langchain,vercel" default:"mcp" help:"Whose form: mcp, openai, openai-strict, anthropic, gemini, langchain or vercel."`
	Output string         `name:"output" type:"path" xor:"do" placeholder:"FILE" help:"File to write in place of standard output."`
	Check  bool           `name:"check" xor:"do" help:"Check the tools, all unless some are chosen, against what the known clients and providers refuse, cut or lose."`
}

func (k *catalogCommand) Run(env *environment, c *cli) error {
	list, err := tools.Choose(tools.Catalog(), c.Choice)
	if err != nil {
		return usage{err}
	}
	if k.Check {
		clean, err := formats.Report(env.stdout, c.Choice, list)
		if err == nil && !clean {
			return failure(exitFailed)
		}
		return err
	}
	text, err := formats.Export(list, k.Format, telemetry.Version(version))
	if err != nil {
		return err
	}
	if k.Output == "" {
		_, err = env.stdout.Write(text)
		return err
	}
	return formats.WriteFile(k.Output, text)
}

type sandboxCommand struct {
	Address       string        `name:"address" default:"127.0.0.1:8100" help:"Host and port to listen on; loopback only."`
	TokenLifetime time.Duration `name:"token-lifetime" default:"15m" help:"How long the tokens it mints are good."`
	Latency       time.Duration `name:"latency" help:"Delay of every execute."`
}

func (s *sandboxCommand) Run(env *environment, c *cli) error {
	faults, err := sandbox.ParseFaults(c.Fault)
	if err != nil {
		return usage{fmt.Errorf("--fault %w", err)}
	}
	log := telemetry.NewLogger(env.stderr, c.Log)
	options := sandbox.Options{TokenLifetime: s.TokenLifetime, Latency: s.Latency, Faults: faults}
	serving, err := sandbox.Serve(env.ctx, s.Address, options, slog.NewLogLogger(log.Handler(), slog.LevelWarn))
	if errors.Is(err, sandbox.ErrNotLoopback) {
		return usage{fmt.Errorf("--address %w", err)}
	}
	if err != nil {
		return err
	}
	fmt.Fprint(env.stdout, serving.Instructions())
	select {
	case err := <-serving.Failed:
		return err
	case <-env.ctx.Done():
		return serving.Close()
	}
}

type versionCommand struct{}

func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintln(env.stdout, "airbyte-agent-mcp", telemetry.Version(version))
	return err
}

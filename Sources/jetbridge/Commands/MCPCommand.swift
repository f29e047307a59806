internal import Gateway
internal import Host
internal import JSON
internal import Lifecycle
internal import Primitives

struct MCPCommand: Command {
    let watchesSignals = true
    let syntax = CommandSyntax(
        "mcp", summary: "Serve Jetbridge to an agent, over the Model Context Protocol",
        discussion: """
            Speaks the Model Context Protocol on standard input and output, until the input ends: conversations, documents, \
            specifications, tasks and open asks of the host that serves the data directory. Without a host it starts \
            all the same, and its tools say so. Acts with the token that is given, or as you, with a token that ends \
            with the command.
            """,
        options: [
            OptionSyntax("token", .text("TOKEN"), help: "Act with this token; JETBRIDGE_TOKEN does the same.")
        ],
        examples: ["claude mcp add jetbridge -- jetbridge mcp"])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let token = context.arguments.value("token") ?? context.surroundings.environment["JETBRIDGE_TOKEN"]
        let link = MCPLink(
            configuration, user: context.user, token: token.flatMap { $0.isEmpty ? nil : Secret($0) })
        let interrupts = Interrupts()
        let watch = try await interrupts.watch()
        let server = MCPServer(backend: link, seal: MCPSeal(), version: Release.version)
        let lines = MCPLines(server: server, output: context.output)
        let result: Result<Void, any Error>
        do {
            try await interrupts.cancelling { try await lines.run(StandardInput()) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await link.close()
        await watch.cancel()
        try result.get()
    }
}

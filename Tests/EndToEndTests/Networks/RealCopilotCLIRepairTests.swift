import JSON
import TestSupport
import Testing

/// The same as ``RepairOnNetworksTests``, with GitHub's own program as the agent, offline.
@Suite(
    "A repair by the real Copilot CLI on all networks", .timeLimit(.minutes(4)),
    .enabled(if: !RealCopilotCLI.isSkipped))
struct RealCopilotCLIRepairTests {
    /// Not a word that a model's family is known by.
    private static let name = "repair-by-cli"

    /// The next step: their number is that of the model's answers so far.
    private static let behavior = ModelBehavior.chosen { request in
        let answers = request.messages.count { $0.role == "assistant" }
        return answers < Self.steps.count
            ? Self.steps[answers]
            : .answer("`make test` passes now.\n\n```diff\n-    echo $(($1 - $2))\n+    echo $(($1 + $2))\n```\n")
    }

    private static let steps: [ModelBehavior] = [
        .calls(
            "I read the program and its test.",
            [.call("view", ["path": "/workspace/sum.sh"]), .call("view", ["path": "/workspace/test.sh"])]),
        .calls(
            "The program subtracts.",
            [.call("edit", ["path": "/workspace/sum.sh", "old_str": "$1 - $2", "new_str": "$1 + $2"])]),
        .calls("I run the tests.", [.call("bash", ["command": "make test", "description": "Run the tests"])]),
        .calls("The tests pass.", [.call("commit", ["message": "Let sum add"])]),
    ]

    @Test("it reads, changes, tests, asks once, commits and posts the link")
    func repair() async throws {
        let cli = try RealCopilotCLI()
        let model = try await LoopbackModelServer.started(behaviors: [Self.name: Self.behavior])
        let scene = try await RepairScene.start(
            model: "{provider: copilot-cli, name: \(Self.name), base_url: \"\(model.baseURL)\"}",
            "copilot: {cli: \"\(cli.executable)\", cli_processes: 5}", copilotCache: cli.cache)
        let rooms = try await RepairOnNetworksTests().repair(
            scene, [.approve], commit: "Let sum add",
            texts: ["passes now", "Approved by", "I read the program and its test.", "The tests pass."])
        let page = RepairTranscript(
            title: "A repair on every network: the Copilot CLI",
            introduction: """
                The same with `model.provider: copilot-cli`: GitHub's own program works with its own tools in a jail, and
                what it wants to run is asked for here.
                """, rooms: rooms)
        try page.keep(as: "copilot-cli")
        let file = TranscriptFile(
            name: "copilot-cli", test: "RealCopilotCLIRepairTests", text: page.text)
        let problem = file.problem()
        expectEqual(problem, nil)
        let status = await scene.all.stop()
        let log = await scene.all.host.log
        expectEqual(status, "exit status 0", "\(log.suffix(4_000))")
        await model.stop()
    }
}

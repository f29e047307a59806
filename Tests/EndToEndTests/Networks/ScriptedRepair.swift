import JSON
import TestSupport

/// A model's part in a repair: reads, asks a question, changes the wrong file, is refused, changes the right one and
/// runs the tests, commits.
enum ScriptedRepair {
    static let question = "Is the program wrong, or does the test expect too much?"
    static let options = ["The program is wrong", "The test expects too much"]
    static let reason = "the test is right, mend sum.sh"

    /// The next step: their number is that of the model's answers since the person's last message.
    static let behavior = ModelBehavior.chosen { request in
        let end = request.messages.lastIndex { $0.role == "user" } ?? 0
        let answers = request.messages[end...].count { $0.role == "assistant" }
        return answers < Self.steps.count
            ? Self.steps[answers]
            : .answer(
                "`make test` passes now: `sum` subtracted, and now it adds.\n\n"
                    + "```diff\n-\(Self.wrong)\n+\(Self.right)\n```\n")
    }

    /// The model's answers in one repair.
    static var answers: Int { Self.steps.count + 1 }

    private static let wrong = "    echo $(($1 - $2))"
    private static let right = "    echo $(($1 + $2))"

    private static let steps: [ModelBehavior] = [
        .calls(
            "I read the program and its test.",
            [.call("read", ["path": "sum.sh"]), .call("read", ["path": "test.sh"])]),
        .calls(
            "They do not agree.",
            [
                .call(
                    "ask_user",
                    ["question": .string(Self.question), "options": .array(Self.options.map { .string($0) })])
            ]),
        .calls(
            "I change what is expected.",
            [
                .call(
                    "edit",
                    ["path": "test.sh", "old": "if [ \"$result\" = 5 ]; then", "new": "if [ \"$result\" = -1 ]; then"])
            ]),
        .calls(
            "Then it is the program. I mend the line and run the tests.",
            [
                .call("edit", ["path": "sum.sh", "old": .string(Self.wrong), "new": .string(Self.right)]),
                .call("shell", ["command": "make test"]),
            ]),
        .calls(
            "The tests pass.",
            [.call("commit", ["message": "Let sum add\n\nIt subtracted its second number."])]),
    ]
}

extension ModelBehavior.Call {
    static func call(_ name: String, _ arguments: JSON) -> Self { Self(name, arguments.text) }
}

internal import Host
internal import JSON

struct VersionCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax("version", summary: "Print the version")

    func run(_ context: CommandContext) async throws {
        if context.isJSON {
            try context.print(["version": JSON(Release.version)])
        } else {
            try context.print("jetbridge \(Release.version)")
        }
    }
}

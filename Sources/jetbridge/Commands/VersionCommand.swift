internal import Database
internal import Host
internal import JSON
internal import Lifecycle
internal import Store

struct VersionCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "version", summary: "Print the version",
        discussion: """
            With --check, fetches a release file and says whether it names a newer release. The file must be signed by the \
            key of --key; the signature is at the same address with .sig added. Nothing else ever looks for releases.
            """,
        options: [
            OptionSyntax("check", .text("URL"), help: "Compare with the newest release, as its release file says."),
            OptionSyntax("key", .file("FILE"), help: "The public key of whoever makes the releases, as PEM."),
        ],
        examples: ["jetbridge version --check https://example.org/jetbridge/release.json --key release.pem"])

    func run(_ context: CommandContext) async throws {
        guard let address = context.arguments.value("check") else {
            guard context.isJSON else { return try context.print("jetbridge \(Release.version)") }
            let schema = StoreSchema.migrations
            return try context.print([
                "version": JSON(Release.version), "schema": JSON(schema.version), "min_reader": JSON(schema.minReader),
            ])
        }
        guard let path = context.arguments.value("key") else {
            throw UsageError(
                message: "--check needs --key FILE, which the file must be signed with", path: context.path)
        }
        guard let key = PrivateFile.text(of: path) else { throw CommandFailure("\(path) cannot be read") }
        let newest = try await ReleaseFile.fetch(address, key: key)
        let (isNewer, known) = (newest.isNewer(than: Release.version), StoreSchema.migrations.version)
        guard !context.isJSON else {
            return try context.print([
                "version": JSON(Release.version), "newest": .string(newest.version), "is_newest": .bool(!isNewer),
                "schema": JSON(newest.schema), "notes": .string(newest.notes),
            ])
        }
        guard isNewer else {
            return try context.print("jetbridge \(Release.version) is the newest release.")
        }
        try context.print("jetbridge \(Release.version); release \(newest.version) is available. \(newest.notes)")
        guard newest.schema > known else { return try context.print("It uses the database as it is.") }
        let back = newest.minReader <= known ? "this release can use it, too" : "going back means restoring a backup"
        try context.print("It upgrades the database from schema \(known) to \(newest.schema); then \(back).")
    }
}

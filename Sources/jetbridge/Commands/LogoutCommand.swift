internal import Host
internal import JSON

struct LogoutCommand: Command {
    let syntax = CommandSyntax(
        "logout", summary: "Delete the sign-in created by 'jetbridge login'",
        discussion: """
            Deletes the token from the data directory, and the Copilot token exchanged for it. Leaves other sign-ins (the \
            environment, an editor, the GitHub CLI) alone. To revoke Jetbridge's access at GitHub as well, open Settings, \
            Applications there.
            """)

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let (wasThere, others) = try await SignIn(configuration, surroundings: context.surroundings).logOut()
        guard !context.isJSON else {
            return try context.print([
                "signed_out": .bool(wasThere), "others": .array(others.map { .string($0) }),
            ])
        }
        try context.print(wasThere ? "Signed out." : "There is no sign-in from 'jetbridge login'.")
        for other in others { try context.print("Still in use: \(other).") }
    }
}

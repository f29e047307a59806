package import Chat

/// The app manifest, which an owner pastes at api.slack.com/apps → Create New App → From a manifest.
package enum SlackManifest {
    package static let command = "/jetbridge"

    /// All scopes that the app requests, with their reasons.
    package static let scopes: [(name: String, reason: String)] = [
        ("app_mentions:read", "mentions of the bot"), ("assistant:write", "prompts and titles of assistant threads"),
        ("channels:history", "messages of public channels that it is in"),
        ("channels:read", "listing its channels"),
        ("chat:write", "posting answers"), ("commands", "the slash command"), ("files:read", "files that people send"),
        ("files:write", "files that it sends"), ("groups:history", "messages of private channels that it is in"),
        ("groups:read", "listing its private channels"), ("im:history", "direct messages to it"),
        ("im:read", "listing its direct messages"), ("im:write", "answers and decisions in direct messages"),
        ("mpim:history", "group messages that it is in"), ("mpim:read", "listing its group messages"),
        ("reactions:read", "decisions by reactions"), ("reactions:write", "reactions to waiting messages"),
        ("usergroups:read", "the names of groups that are mentioned"),
        ("users:read", "the names of people who write or are mentioned"),
    ]

    /// Scopes without which the bot cannot work.
    static let essential: Set<String> = ["chat:write", "app_mentions:read", "channels:history", "im:history"]

    static let events = [
        "agent_session_stopped", "app_mention", "app_uninstalled", "assistant_thread_started", "channel_id_changed",
        "channel_unarchive", "file_shared", "group_unarchive", "member_joined_channel", "message.channels",
        "message.groups", "message.im", "message.mpim", "reaction_added", "tokens_revoked",
    ]

    /// Suggestions in a new assistant thread.
    package static let prompts: [(title: String, message: String)] = [
        ("What can you do?", "What can you do here?"), ("Write a specification", "Help me write a specification."),
    ]

    /// The manifest as YAML, for events over HTTP at `requestURL`, or for Socket Mode.
    package static func yaml(
        name: String = "Jetbridge", commands: [MenuCommand], requestURL: String? = nil
    ) -> String {
        let quotedURL = requestURL.map { Self.quoted($0) }
        var text = """
            # Slack app manifest of Jetbridge: api.slack.com/apps → Create New App → From a manifest → YAML.
            display_information:
              name: \(Self.quoted(name))
              description: "Your own assistant: chat, specifications and commits"
            features:
              app_home:
                home_tab_enabled: false
                messages_tab_enabled: true
                messages_tab_read_only_enabled: false
              bot_user:
                display_name: \(Self.quoted(name.lowercased()))
                always_online: true
              assistant_view:
                assistant_description: "Chat, specifications and commits"
                suggested_prompts:

            """
        for prompt in Self.prompts {
            text += "      - title: \(Self.quoted(prompt.title))\n        message: \(Self.quoted(prompt.message))\n"
        }
        text += "  slash_commands:\n    - command: \(Self.command)\n"
        if let quotedURL { text += "      url: \(quotedURL)\n" }
        text += "      description: \"Send Jetbridge a command\"\n"
        text += "      usage_hint: \(Self.quoted(Self.hint(commands)))\n      should_escape: false\n"
        text += "oauth_config:\n  scopes:\n    bot:\n"
        for scope in Self.scopes { text += "      - \(scope.name)  # \(scope.reason)\n" }
        text += "settings:\n  event_subscriptions:\n"
        if let quotedURL { text += "    request_url: \(quotedURL)\n" }
        text += "    bot_events:\n"
        for event in Self.events { text += "      - \(event)\n" }
        text += "  interactivity:\n    is_enabled: true\n"
        if let quotedURL { text += "    request_url: \(quotedURL)\n" }
        text += "  org_deploy_enabled: false\n  socket_mode_enabled: \(requestURL == nil)\n"
        return text + "  token_rotation_enabled: false\n"
    }

    /// Slack shows it while the command is typed; 200 UTF-16 units fit.
    private static func hint(_ commands: [MenuCommand]) -> String {
        var hint = "help"
        for command in commands where command.name != "help" {
            let next = hint + " · " + command.name
            if next.utf16.count > 200 { return hint + " …" }
            hint = next
        }
        return hint
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default: if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
            }
        }
        return result + "\""
    }
}

// swift-tools-version: 6.2
import PackageDescription

// Five blocks, imported in this direction only: C → Platform → Domain (Chat first) → adapters and Gateway → Host.
// `scripts/check` holds every import against it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func c(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)")
}

func platform(_ name: String, _ uses: Target.Dependency...) -> Target {
    .target(
        name: name, dependencies: uses, path: "Sources/Platform/\(name)",
        swiftSettings: strict + [.strictMemorySafety()])
}

func domain(_ name: String, _ uses: Target.Dependency...) -> Target {
    .target(name: name, dependencies: uses, path: "Sources/Domain/\(name)", swiftSettings: strict)
}

func adapter(_ name: String) -> Target {
    .target(
        name: name,
        dependencies: [
            "Chat", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "WebSockets", "Lifecycle", "Logging",
            "Markdown", "Primitives", "Crypto",
        ],
        path: "adapters/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ uses: Target.Dependency..., exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: uses + ["JetbridgeTesting"], path: "Tests/\(name)Tests", exclude: exclude,
        swiftSettings: strict)
}

let package = Package(
    name: "jetbridge",
    products: [.executable(name: "jetbridge", targets: ["jetbridge"])],
    targets: [
        // C
        c("CSystem"), c("CCurl"), c("CWebSockets"), c("CSQLite"), c("CGit2"), c("CMarkGFM"), c("CYAML"), c("CCrypto"),

        // Platform
        platform("Primitives", "CSystem"),
        platform("JSON"),
        platform("Crypto", "CCrypto", "Primitives"),
        platform("Logging", "CSystem", "JSON", "Primitives"),
        platform("EventLoop", "CSystem", "Logging", "Primitives"),
        platform("Lifecycle", "CSystem", "EventLoop", "Logging", "Primitives"),
        platform("Processes", "CSystem", "EventLoop", "Logging", "Primitives"),
        platform("HTTP", "JSON"),
        platform("HTTPClient", "CCurl", "CSystem", "EventLoop", "HTTP", "JSON", "Logging", "Primitives"),
        platform("HTTPServer", "CSystem", "EventLoop", "HTTP", "JSON", "Lifecycle", "Logging", "Primitives"),
        platform(
            "WebSockets", "CWebSockets", "CSystem", "Crypto", "EventLoop", "HTTP", "HTTPServer", "JSON", "Lifecycle",
            "Logging", "Primitives"),
        platform("Database", "CSQLite", "CSystem", "Logging", "Primitives"),
        platform("Git", "CGit2", "Primitives"),
        platform("Markdown", "CMarkGFM", "Primitives"),
        platform("YAML", "CYAML", "Primitives"),

        // Domain
        domain("Chat"),
        domain(
            "Copilot", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging",
            "Primitives",
            "Processes"),
        domain("Repositories", "Chat", "Crypto", "Git", "JSON", "Logging", "Primitives"),
        domain("Specs", "Chat", "Copilot", "Git", "JSON", "Logging", "Primitives", "Repositories"),
        domain(
            "Sessions", "Chat", "Crypto", "Database", "EventLoop", "JSON", "Lifecycle", "Logging", "Markdown",
            "Primitives"),

        // Adapters and Gateway
        adapter("IRC"), adapter("Matrix"), adapter("Slack"), adapter("Telegram"),
        .target(
            name: "Gateway",
            dependencies: [
                "Chat", "Copilot", "Crypto", "Database", "EventLoop", "HTTP", "HTTPServer", "JSON", "Lifecycle",
                "Logging",
                "Markdown", "Primitives",
                "Repositories", "Sessions", "WebSockets",
            ],
            path: "Sources/Gateway", exclude: ["Web"], swiftSettings: strict, plugins: ["EmbedWeb"]),
        .plugin(name: "EmbedWeb", capability: .buildTool(), exclude: ["embed.sh"]),

        .target(
            name: "Proxy",
            dependencies: [
                "Copilot", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle", "Logging",
                "Primitives",
            ],
            path: "Sources/Proxy", swiftSettings: strict),

        // Host
        .target(
            name: "Host",
            dependencies: [
                "Chat", "Copilot", "Crypto", "Database", "EventLoop", "Gateway", "Git", "HTTP", "HTTPClient",
                "HTTPServer", "IRC", "JSON",
                "Lifecycle", "Logging", "Markdown", "Matrix", "Primitives", "Proxy", "Repositories", "Sessions",
                "Slack", "Specs", "Telegram", "WebSockets", "YAML",
            ],
            path: "Sources/Host", swiftSettings: strict, plugins: ["EmbedTemplates"]),
        .plugin(name: "EmbedTemplates", capability: .buildTool(), exclude: ["embed.sh"]),
        .executableTarget(
            name: "jetbridge",
            dependencies: [
                "Host", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging", "Primitives", "Proxy",
                "WebSockets",
            ],
            path: "Sources/jetbridge", swiftSettings: strict),

        // Tests
        .target(
            name: "JetbridgeTesting",
            dependencies: [
                "Chat", "Copilot", "CSystem", "Crypto", "Database", "EventLoop", "HTTP", "HTTPClient", "HTTPServer",
                "JSON", "Lifecycle",
                "Logging", "Primitives", "Processes", "WebSockets",
            ],
            path: "Sources/JetbridgeTesting", swiftSettings: strict),
        // What scripts/bench measures inside the process, and its load; no part of the program.
        .executableTarget(
            name: "jetbridge-bench",
            dependencies: [
                "CMarkGFM", "Chat", "Database", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "IRC",
                "JetbridgeTesting", "JSON", "Logging", "Primitives", "Sessions", "WebSockets",
            ],
            path: "Sources/jetbridge-bench", swiftSettings: strict),
        tests("Primitives", "Primitives"),
        tests("JSON", "JSON"),
        tests("Crypto", "Crypto", "Primitives"),
        tests("Logging", "Logging", "JSON", "Primitives"),
        tests("EventLoop", "EventLoop", "Lifecycle", "Primitives"),
        tests("Lifecycle", "Lifecycle", "EventLoop", "Logging", "Primitives", "Processes"),
        tests("Processes", "Processes", "EventLoop", "Primitives"),
        tests("HTTP", "HTTP"),
        tests("HTTPClient", "HTTPClient", "HTTP", "HTTPServer", "EventLoop", "Primitives", "Processes"),
        tests("HTTPServer", "HTTPServer", "HTTP", "HTTPClient", "EventLoop", "Lifecycle", "Logging", "Primitives"),
        tests(
            "WebSockets", "WebSockets", "HTTPServer", "HTTP", "EventLoop", "Lifecycle", "Logging", "Primitives",
            "Processes"),
        tests("Database", "Database", "Primitives"),
        tests("Git", "Git", "Primitives"),
        tests("Markdown", "Markdown"),
        tests("YAML", "YAML"),
        tests("Chat", "Chat"),
        tests(
            "Copilot", "Copilot", "Chat", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Primitives",
            "Processes", "Logging"),
        tests("Repositories", "Repositories", "Chat", "Git", "Logging", "Primitives"),
        tests("Specs", "Specs", "Chat", "Copilot", "Git", "Logging", "Primitives", "Repositories"),
        tests("Sessions", "Sessions", "Chat", "Database", "JSON", "Logging", "Primitives", "Crypto", "Markdown"),
        tests("IRC", "IRC", "Chat", "EventLoop", "HTTPClient", "Logging", "Markdown", "Primitives"),
        tests(
            "Matrix", "Matrix", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle",
            "Logging",
            "Markdown", "Primitives", "Processes", "WebSockets"),
        tests(
            "Slack", "Slack", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle",
            "Logging",
            "Markdown", "Primitives", "Processes", "WebSockets"),
        tests(
            "Telegram", "Telegram", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON",
            "Lifecycle", "Logging",
            "Markdown", "Primitives", "Processes", "WebSockets"),
        tests(
            "StandIns", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle",
            "Logging",
            "Markdown", "Primitives", "Processes", "WebSockets",
            exclude: ["Slack/clients"]),
        tests(
            "Gateway", "Gateway", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPServer", "JSON", "Sessions", "Primitives",
            "WebSockets", "Database", "Logging"),
        tests(
            "Proxy", "Proxy", "Copilot", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Logging",
            "Primitives"),
        tests("Host", "Host", "HTTP", "IRC", "Logging", "Matrix", "Primitives", "Slack", "Telegram", "YAML"),
        tests("jetbridge", "jetbridge", "Host", "JSON", "Primitives"),
        tests(
            "AdapterContract", "Chat", "Database", "EventLoop", "Gateway", "HTTP", "HTTPClient", "IRC", "JSON",
            "Logging",
            "Matrix", "Primitives", "Processes", "Sessions", "Slack", "Telegram"),
        tests(
            "Crash", "EventLoop", "HTTP", "HTTPClient", "JSON", "Primitives", "Processes", "Sessions", "jetbridge"),
        tests(
            "EndToEnd", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle", "Primitives", "Processes",
            "WebSockets", "jetbridge",
            exclude: ["browser", "proxy"]),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings its own main and its own flags, so its program is not part of an ordinary build.
if Context.environment["JETBRIDGE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Copilot", "HTTPClient", "HTTPServer", "Host", "IRC", "JSON", "Logging", "Primitives", "Proxy", "YAML",
            ],
            path: "Tests/Fuzz",
            exclude: ["Seeds"],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-use-ld=lld", "-sanitize=fuzzer"])]))
}

// swift-tools-version: 6.2
import PackageDescription

// Five blocks, imported in this direction only: C → Platform → Domain (Chat first) → adapters and Gateway → Host.
// `scripts/check` checks every import against this order.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// `scripts/build` without --optimised, for what is run from source and tested: two thirds of the compiler's time are the
// optimiser's, so only what computes much is optimised there.
let isQuick = Context.environment["JETBRIDGE_QUICK"] != nil
let cold = strict + (isQuick ? [.unsafeFlags(["-Onone"])] : [])
// For what runs a few times a turn: it compiles in 15 to 24 % less time, and is 6 to 8 % smaller.
let small = strict + [.unsafeFlags([isQuick ? "-Onone" : "-Osize"])]

func c(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)")
}

func platform(_ name: String, _ uses: Target.Dependency...) -> Target {
    .target(
        name: name, dependencies: uses, path: "Sources/Platform/\(name)",
        swiftSettings: cold + [.strictMemorySafety()])
}

func domain(_ name: String, _ uses: Target.Dependency..., settings: [SwiftSetting] = cold) -> Target {
    .target(name: name, dependencies: uses, path: "Sources/Domain/\(name)", swiftSettings: settings)
}

func adapter(_ name: String, _ more: Target.Dependency...) -> Target {
    .target(
        name: name,
        dependencies: [
            "Chat", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "WebSockets", "Lifecycle", "Logging",
            "Markdown", "Primitives", "Crypto", "Kit",
        ] + more,
        path: "adapters/\(name)", swiftSettings: small)
}

// Not optimised, also in a release build: that would take longer than they run.
let test = strict + [.unsafeFlags(["-Onone"])]

func tests(_ name: String, _ uses: Target.Dependency..., exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: uses + ["TestSupport"], path: "Tests/\(name)Tests", exclude: exclude,
        swiftSettings: test)
}

let package = Package(
    name: "jetbridge",
    products: [.executable(name: "jetbridge", targets: ["jetbridge"])],
    targets: [
        // C
        c("CSystem"), c("CCurl"), c("CWebSockets"), c("CSQLite"), c("CGit2"), c("CMarkGFM"), c("CYAML"),
        .target(name: "CCrypto", path: "Sources/C/CCrypto"),
        .target(name: "CFrameGuard", path: "Sources/C/CFrameGuard"),
        .target(name: "CICU", path: "Sources/C/CICU"),
        c("CEdit"), c("CSeccomp"), c("CZlib"), c("COlm"), c("CPQ"), c("CTLS"),

        // Platform
        platform("Primitives", "CSystem"),
        platform("JSON", "Primitives"),
        platform("Schemas", "JSON", "Primitives"),
        platform("Crypto", "CCrypto", "CICU", "Primitives"),
        platform("Logging", "CSystem", "JSON", "Primitives"),
        platform("EventLoop", "CSystem", "Logging", "Primitives"),
        platform("Lifecycle", "CSystem", "EventLoop", "Logging", "Primitives"),
        platform("Processes", "CSystem", "EventLoop", "Logging", "Primitives"),
        platform("HTTP", "JSON", "Primitives"),
        platform("TLS", "CTLS"),
        platform("HTTPClient", "CCurl", "CSystem", "EventLoop", "HTTP", "JSON", "Logging", "Primitives", "TLS"),
        platform("HTTPServer", "CSystem", "EventLoop", "HTTP", "JSON", "Lifecycle", "Logging", "Primitives"),
        platform(
            "WebSockets", "CWebSockets", "CFrameGuard", "CSystem", "Crypto", "EventLoop", "HTTP", "HTTPServer", "JSON",
            "Lifecycle",
            "Logging", "Primitives"),
        platform("Database", "CPQ", "CSQLite", "CSystem", "Logging", "Primitives"),
        platform("Compression", "CZlib"),
        platform("Telemetry", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging", "Primitives"),
        platform(
            "Objects", "CSystem", "Crypto", "EventLoop", "HTTP", "HTTPClient", "Lifecycle", "Primitives"),
        platform("Olm", "COlm", "Crypto", "JSON"),
        platform(
            "NATS", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging", "Primitives", "TLS"),
        platform("Git", "CGit2", "CSystem", "Crypto", "EventLoop", "HTTP", "HTTPClient", "Primitives"),
        platform("Markdown", "CMarkGFM", "Primitives"),
        platform("YAML", "CYAML", "Primitives"),
        platform("Terminals", "CEdit", "CSystem", "Primitives"),
        .target(
            name: "Sandbox",
            dependencies: ["CSeccomp", "CSystem", "EventLoop", "Lifecycle", "Logging", "Primitives", "Processes"],
            path: "Sources/Platform/Sandbox", exclude: ["Init"], swiftSettings: cold + [.strictMemorySafety()],
            plugins: ["EmbedInit"]),
        .plugin(name: "EmbedInit", capability: .buildTool(), exclude: ["embed.sh"]),

        // Domain
        domain("Chat"),
        .target(
            name: "Models",
            dependencies: [
                "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Logging", "Primitives", "Telemetry",
            ],
            path: "Sources/Domain/Models", swiftSettings: cold, plugins: ["EmbedTemplates"]),
        domain(
            "Copilot", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging", "Models",
            "Primitives", "Processes", settings: small),
        domain("Repositories", "Chat", "Crypto", "Git", "JSON", "Logging", "Primitives", "Telemetry", settings: small),
        domain(
            "GitHub", "Chat", "Copilot", "Crypto", "EventLoop", "Git", "HTTP", "HTTPClient", "JSON", "Lifecycle",
            "Logging", "Models", "Primitives", "Repositories", settings: small),
        .target(
            name: "Specs",
            dependencies: ["Chat", "Git", "JSON", "Logging", "Models", "Primitives", "Repositories", "Schemas"],
            path: "Sources/Domain/Specs", swiftSettings: small, plugins: ["EmbedTemplates"]),
        domain(
            "Documents", "Chat", "Crypto", "Database", "EventLoop", "Git", "JSON", "Lifecycle", "Logging", "Primitives",
            "Repositories", "Sessions", "Specs"),
        domain("Audit", "Chat", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "Primitives", settings: small),
        domain(
            "Jail", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle", "Logging",
            "Primitives", "Processes", "Sandbox", settings: small),
        domain(
            "Work", "Audit", "Chat", "Compression", "Crypto", "Database", "EventLoop", "Git", "JSON", "Jail",
            "Lifecycle", "Logging", "Objects", "Primitives", "Processes", "Repositories", "Telemetry", settings: small),
        domain(
            "Agent", "Audit", "Chat", "Crypto", "EventLoop", "Git", "JSON", "Jail", "Logging", "Models", "Primitives",
            "Repositories", "Telemetry", "Work", "YAML", settings: small),
        .target(
            name: "Analytics", dependencies: ["JSON", "Primitives"], path: "Sources/Domain/Analytics",
            swiftSettings: cold, plugins: ["EmbedTemplates"]),
        domain(
            "Sessions", "Analytics", "Audit", "Chat", "Crypto", "Database", "EventLoop", "JSON", "Lifecycle", "Logging",
            "Markdown",
            "Objects", "Primitives", "Telemetry"),
        domain(
            "Tasks", "Audit", "Chat", "Crypto", "Database", "EventLoop", "Git", "JSON", "Lifecycle", "Logging",
            "Primitives",
            "Repositories", "Sessions"),
        domain(
            "SignIn", "Chat", "Copilot", "Crypto", "EventLoop", "GitHub", "HTTP", "HTTPClient", "JSON", "Lifecycle",
            "Logging",
            "Models", "Primitives", "Sessions", settings: small),
        domain(
            "Backup", "Audit", "Compression", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "Objects",
            "Primitives", settings: small),
        domain(
            "Cluster", "Chat", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "NATS", "Primitives", "Sessions",
            settings: small),
        domain(
            "Turns", "Agent", "Audit", "Chat", "Copilot", "Crypto", "EventLoop", "Git", "GitHub", "HTTP", "HTTPClient",
            "HTTPServer", "JSON", "Jail", "Lifecycle", "Logging", "Models", "Primitives", "Processes", "Repositories",
            "Sandbox", "Sessions", "SignIn", "Specs", "Tasks", "Work", settings: small),

        // Adapters and Gateway
        .target(
            name: "Kit", dependencies: ["Chat", "EventLoop", "Lifecycle", "Markdown", "Primitives"],
            path: "adapters/Kit", swiftSettings: cold),
        adapter("IRC"), adapter("Matrix", "Database", "Olm"), adapter("Slack"), adapter("Telegram"),
        .target(
            name: "Gateway",
            dependencies: [
                "Analytics", "Audit", "Chat", "Compression", "Crypto", "Database", "Documents", "EventLoop", "Git",
                "HTTP",
                "HTTPClient", "HTTPServer", "JSON", "Lifecycle", "Logging", "Markdown", "Primitives", "Repositories",
                "Schemas", "Sessions", "SignIn", "Specs", "Tasks", "Telemetry", "WebSockets",
            ],
            path: "Sources/Gateway", exclude: ["Web"], swiftSettings: cold, plugins: ["EmbedWeb"]),
        .plugin(name: "EmbedWeb", capability: .buildTool(), exclude: ["embed.sh"]),

        .target(
            name: "Proxy",
            dependencies: [
                "Copilot", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle", "Logging",
                "Primitives", "Processes", "Telemetry",
            ],
            path: "Sources/Proxy", swiftSettings: cold),

        // Host
        .target(
            name: "Host",
            dependencies: [
                "Agent", "Analytics", "Audit", "Backup", "Chat", "Cluster", "Copilot", "Crypto", "Database",
                "Documents",
                "EventLoop",
                "Gateway", "Git", "GitHub", "HTTP", "HTTPClient", "HTTPServer", "IRC", "JSON", "Jail", "Kit",
                "Lifecycle", "Logging", "Markdown", "Matrix", "Models", "NATS", "Objects", "Primitives", "Processes",
                "Proxy",
                "Repositories", "Sandbox", "Schemas", "Sessions", "SignIn", "Slack", "Specs", "Tasks", "Telegram",
                "Telemetry",
                "Turns",
                "WebSockets", "Work", "YAML",
            ],
            path: "Sources/Host", swiftSettings: small, plugins: ["EmbedTemplates"]),
        .plugin(name: "EmbedTemplates", capability: .buildTool(), exclude: ["embed.sh"]),
        .executableTarget(
            name: "jetbridge",
            dependencies: [
                "Analytics", "Audit", "Backup", "Chat", "Cluster", "Gateway", "Host", "EventLoop", "HTTP", "HTTPClient",
                "JSON",
                "Lifecycle", "Logging", "Markdown", "Matrix", "Models", "Primitives", "Proxy", "Schemas", "Specs",
                "Tasks", "Terminals", "WebSockets",
                "Work",
            ],
            path: "Sources/jetbridge", swiftSettings: small),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: [
                "Agent",
                "Chat", "CSystem", "Crypto", "Database", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON",
                "Lifecycle", "Logging", "Models", "Objects", "Primitives", "Processes", "WebSockets",
            ],
            path: "TestSupport", exclude: ["Servers/Matrix/clients", "Servers/moto", "Servers/otlp"],
            swiftSettings: test),
        // What scripts/bench measures inside the process, and its load; no part of the program.
        .executableTarget(
            name: "jetbridge-bench",
            dependencies: [
                "Agent", "CMarkGFM", "Chat", "Database", "EventLoop", "Git", "HTTP", "HTTPClient", "HTTPServer", "Host",
                "IRC", "Jail", "Kit", "TestSupport", "JSON", "Logging", "Matrix", "Models", "Olm", "Primitives",
                "Processes", "Repositories", "Sandbox", "Sessions", "Specs", "Turns", "WebSockets", "Work",
            ],
            path: "Sources/jetbridge-bench", swiftSettings: strict),
        tests("Primitives", "Primitives"),
        tests("JSON", "JSON"),
        tests("Schemas", "Schemas", "JSON"),
        tests("Crypto", "Crypto", "Primitives"),
        tests(
            "Telemetry", "Telemetry", "Chat", "HTTP", "HTTPServer", "JSON", "Lifecycle", "Logging", "Models",
            "Primitives",
            "Sessions"),
        tests("Olm", "Olm", "Crypto", "Primitives"),
        tests("NATS", "NATS", "EventLoop", "Logging", "Primitives"),
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
        tests(
            "Objects", "Objects", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "Primitives", "Processes"),
        tests("Markdown", "Markdown"),
        tests("YAML", "YAML"),
        tests("Terminals", "Terminals"),
        tests("Sandbox", "Sandbox", "CSystem", "EventLoop", "Primitives", "Processes"),
        tests("Audit", "Audit", "Chat", "Crypto", "Database", "JSON", "Logging", "Primitives"),
        tests(
            "Jail", "Jail", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle",
            "Logging", "Primitives", "Processes", "Sandbox"),
        tests(
            "Work", "Work", "Audit", "Chat", "Compression", "Crypto", "Database", "EventLoop", "Git", "HTTP",
            "HTTPClient", "JSON",
            "Jail",
            "Lifecycle", "Logging", "Objects", "Primitives", "Processes", "Repositories"),
        tests(
            "Agent", "Agent", "Audit", "Chat", "Crypto", "EventLoop", "Git", "JSON", "Jail", "Logging", "Models",
            "Primitives", "Processes", "Repositories", "Work", "YAML"),
        tests("Analytics", "Analytics", "JSON", "Primitives"),
        tests("Chat", "Chat"),
        tests("Models", "Models", "Chat", "EventLoop", "HTTP", "HTTPClient", "JSON", "Logging", "Primitives"),
        tests(
            "Copilot", "Copilot", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging",
            "Models", "Primitives", "Processes"),
        tests("Repositories", "Repositories", "Chat", "Git", "Logging", "Primitives"),
        tests(
            "Documents", "Documents", "Chat", "Crypto", "Git", "JSON", "Logging", "Primitives", "Repositories",
            exclude: ["yjs"]),
        tests(
            "GitHub", "GitHub", "Chat", "Copilot", "Crypto", "EventLoop", "Git", "HTTP", "HTTPClient", "JSON",
            "Lifecycle",
            "Logging",
            "Models", "Primitives", "Processes", "Repositories"),
        tests(
            "Tasks", "Tasks", "Analytics", "Audit", "Chat", "Database", "Git", "JSON", "Logging", "Primitives",
            "Repositories",
            "Sessions",
            exclude: ["Corpus"]),
        tests("Specs", "Specs", "Chat", "Git", "JSON", "Logging", "Models", "Primitives", "Repositories", "Schemas"),
        tests(
            "Sessions", "Sessions", "Analytics", "Audit", "Chat", "Database", "JSON", "Logging", "Objects",
            "Primitives", "Crypto",
            "Markdown"),
        tests(
            "Turns", "Turns", "Agent", "Audit", "Chat", "Copilot", "Crypto", "Database", "EventLoop", "Git", "GitHub",
            "HTTP", "Host", "JSON", "Jail", "Lifecycle", "Logging", "Models", "Primitives", "Repositories", "Sessions",
            "Specs", "Tasks", "Work"),
        tests(
            "Backup", "Backup", "Audit", "Compression", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "Objects",
            "Primitives", "Processes"),
        tests("Cluster", "Cluster", "Chat", "Crypto", "Database", "JSON", "Logging", "NATS", "Primitives", "Sessions"),
        tests("Kit", "Kit", "Chat", "Markdown", "Primitives"),
        tests("IRC", "IRC", "Chat", "Crypto", "EventLoop", "HTTPClient", "Kit", "Logging", "Markdown", "Primitives"),
        tests(
            "Matrix", "Matrix", "Olm", "Chat", "Crypto", "Database", "EventLoop", "HTTP", "HTTPClient", "HTTPServer",
            "JSON", "Kit", "Lifecycle", "Logging", "Markdown", "Primitives", "Processes", "Sessions", "WebSockets"),
        tests(
            "Slack", "Slack", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Kit",
            "Lifecycle",
            "Logging",
            "Markdown", "Primitives", "Processes", "WebSockets"),
        tests(
            "Telegram", "Telegram", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Kit",
            "Lifecycle", "Logging",
            "Markdown", "Primitives", "Processes", "WebSockets"),
        tests(
            "StandIns", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle",
            "Logging",
            "Markdown", "Primitives", "Processes", "WebSockets",
            exclude: ["GitHub/clients", "Slack/clients"]),
        tests(
            "Gateway", "Gateway", "Audit", "Chat", "Copilot", "Crypto", "EventLoop", "GitHub", "HTTP", "HTTPClient",
            "HTTPServer", "JSON", "Processes", "Repositories", "Schemas", "Sessions", "SignIn", "Specs", "Primitives",
            "Database", "Documents", "Logging", "Tasks", "WebSockets", exclude: ["SignIn/openid"]),
        tests(
            "Proxy", "Proxy", "Copilot", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Logging",
            "Primitives", "Telemetry"),
        tests(
            "Host", "Host", "Agent", "Chat", "Database", "EventLoop", "Gateway", "HTTP", "IRC", "JSON", "Jail",
            "Kit", "Lifecycle", "Logging", "Matrix", "Objects", "Primitives", "Proxy", "Sessions", "SignIn",
            "Slack", "Telegram", "Work", "YAML"),
        tests("jetbridge", "jetbridge", "Gateway", "Host", "JSON", "Lifecycle", "Primitives", "Processes", "Terminals"),
        tests(
            "AdapterContract", "Chat", "Database", "EventLoop", "Gateway", "HTTP", "HTTPClient", "IRC", "JSON", "Kit",
            "Logging",
            "Matrix", "Primitives", "Processes", "Sessions", "Slack", "Telegram"),
        tests(
            "Crash", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Primitives", "Processes", "Sessions",
            "WebSockets",
            "jetbridge"),
        tests(
            "EndToEnd", "Crypto", "Database", "EventLoop", "Gateway", "HTTP", "HTTPClient", "HTTPServer", "JSON",
            "Lifecycle", "Primitives",
            "Processes",
            "Sessions",
            "WebSockets", "jetbridge",
            exclude: ["API/judges", "browser", "proxy", "terminal"]),
    ],
    swiftLanguageModes: [.v6]
)

// Only these test targets, by their names with commas between, and what they need: `scripts/test FILTER` compiles no others.
if let names = Context.environment["JETBRIDGE_TESTS"]?.split(separator: ",").map(String.init) {
    var needed: Set<String> = []
    var waiting = names
    while let name = waiting.popLast() {
        guard needed.insert(name).inserted, let target = package.targets.first(where: { $0.name == name }) else {
            continue
        }
        for dependency in target.dependencies {
            if case .byNameItem(let name, _) = dependency { waiting.append(name) }
        }
        for case .plugin(let name, _) in target.plugins ?? [] { waiting.append(name) }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products.removeAll { !needed.contains($0.name) }
}

// libFuzzer brings its own main and its own flags, so its program is not part of an ordinary build.
if Context.environment["JETBRIDGE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Copilot", "Crypto", "HTTP", "HTTPClient", "HTTPServer", "Host", "IRC", "JSON", "Kit", "Logging",
                "Matrix",
                "Models", "Olm", "Primitives", "Proxy",
                "YAML",
            ],
            path: "Tests/Fuzz",
            exclude: ["Seeds"],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-use-ld=lld", "-sanitize=fuzzer"])]))
}

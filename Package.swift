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

// `scripts/build --quick`, for what is run from source and tested: two thirds of the compiler's time are the optimiser's.
let isQuick = Context.environment["JETBRIDGE_QUICK"] != nil
let cold = strict + (isQuick ? [.unsafeFlags(["-Onone"])] : [])
// For what runs a few times a turn: it compiles in 15 to 24 % less time, and is 6 to 13 % smaller.
let small = strict + [.unsafeFlags([isQuick ? "-Onone" : "-Osize"])]
// For a program that is linked with what the tests share. `scripts/build --quick` makes the folder and names the other one.
let testing = "\(Context.packageDirectory)/.build/quick/testing"
let withTesting: [LinkerSetting] =
    Context.environment["JETBRIDGE_SHARED"].map { shared in
        [.unsafeFlags(["-L\(testing)", "-Xlinker", "-rpath", "-Xlinker", shared])]
    } ?? []

func c(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)")
}

// Those that compute in every test and every start are optimised in a quick build, too: that saves more than it takes.
let hot: Set = ["Compression", "Crypto", "Database", "EventLoop", "Git", "HTTP", "JSON", "Markdown", "Primitives"]
// What runs once a start or a command.
let rare: Set = ["Lifecycle", "Objects", "Olm", "Processes", "Sandbox", "TLS", "Telemetry", "Terminals", "YAML"]

func platform(_ name: String, _ uses: Target.Dependency...) -> Target {
    .target(
        name: name, dependencies: uses, path: "Sources/Platform/\(name)",
        swiftSettings: (hot.contains(name) ? strict : rare.contains(name) ? small : cold) + [.strictMemorySafety()])
}

func domain(_ name: String, _ uses: Target.Dependency..., settings: [SwiftSetting] = small) -> Target {
    .target(name: name, dependencies: uses, path: "Sources/Domain/\(name)", swiftSettings: settings)
}

func adapter(_ name: String, _ uses: Target.Dependency...) -> Target {
    .target(name: name, dependencies: uses, path: "adapters/\(name)", swiftSettings: small)
}

// Not optimised, also in a release build: that would take longer than they run.
let test = strict + [.unsafeFlags(["-Onone"])]

func tests(_ name: String, _ uses: Target.Dependency..., exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: uses, path: "Tests/\(name)Tests", exclude: exclude,
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
        .target(name: "CGitMemory", path: "Sources/C/CGitMemory"),
        .target(name: "CICU", path: "Sources/C/CICU"),
        c("CEdit"), c("CSeccomp"), c("CZlib"), c("COlm"), c("CPQ"), c("CTLS"),

        // Platform
        platform("Primitives", "CSystem"),
        platform("JSON", "Primitives"),
        platform("Schemas", "JSON", "Primitives"),
        platform("Crypto", "CCrypto", "CICU", "Primitives"),
        platform("Logging", "JSON", "Primitives"),
        platform("EventLoop", "CSystem", "Primitives"),
        platform("Lifecycle", "CSystem", "EventLoop", "Logging", "Primitives"),
        platform("Processes", "CSystem", "EventLoop", "Primitives"),
        platform("HTTP", "Primitives"),
        platform("TLS", "CTLS"),
        platform("HTTPClient", "CCurl", "EventLoop", "HTTP", "Primitives", "TLS"),
        platform("HTTPServer", "EventLoop", "HTTP", "JSON", "Lifecycle", "Logging", "Primitives"),
        platform(
            "WebSockets", "CFrameGuard", "CWebSockets", "EventLoop", "HTTP", "HTTPServer", "JSON", "Lifecycle",
            "Logging", "Primitives"),
        platform("Database", "CPQ", "CSQLite", "CSystem", "EventLoop", "Primitives"),
        platform("Compression", "CZlib"),
        platform("Telemetry", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging", "Primitives"),
        platform("Objects", "CSystem", "Crypto", "EventLoop", "HTTP", "HTTPClient", "Lifecycle", "Primitives"),
        platform("Olm", "COlm", "Crypto", "JSON"),
        platform("Git", "CGit2", "CGitMemory", "CSystem", "Crypto", "EventLoop", "HTTP", "HTTPClient", "Primitives"),
        platform("Markdown", "CMarkGFM", "Primitives"),
        platform("YAML", "CYAML"),
        platform("Terminals", "CEdit", "CSystem", "Primitives"),
        .target(
            name: "Sandbox",
            dependencies: [
                "CSeccomp", "CSystem", "Compression", "Crypto", "EventLoop", "Lifecycle", "Primitives", "Processes",
            ],
            path: "Sources/Platform/Sandbox", exclude: ["Init"], swiftSettings: cold + [.strictMemorySafety()],
            plugins: ["EmbedInit"]),
        .plugin(name: "EmbedInit", capability: .buildTool(), exclude: ["embed.sh"]),

        // Domain
        domain("Chat", settings: cold),
        .target(
            name: "Words", dependencies: ["Primitives"], path: "Sources/Domain/Words", swiftSettings: small,
            plugins: ["EmbedTemplates"]),
        .target(
            name: "Models",
            dependencies: [
                "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Logging", "Primitives", "Telemetry",
            ],
            path: "Sources/Domain/Models", swiftSettings: small, plugins: ["EmbedTemplates"]),
        domain(
            "Copilot", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging", "Models",
            "Primitives", "Processes"),
        domain("Repositories", "Chat", "Crypto", "Git", "JSON", "Logging", "Primitives", "Telemetry"),
        domain(
            "GitHub", "Chat", "Copilot", "Crypto", "Database", "EventLoop", "Git", "HTTP", "HTTPClient", "JSON",
            "Lifecycle", "Logging", "Models", "Primitives", "Repositories", "Store"),
        .target(
            name: "SpecDocuments", dependencies: ["Chat", "JSON", "Markdown", "Primitives", "Repositories"],
            path: "Sources/Domain/SpecDocuments", swiftSettings: small, plugins: ["EmbedTemplates"]),
        .target(
            name: "Specs",
            dependencies: [
                "Chat", "Git", "JSON", "Logging", "Markdown", "Models", "Primitives", "Repositories", "Schemas",
                "SpecDocuments",
            ],
            path: "Sources/Domain/Specs", swiftSettings: small),
        domain(
            "Documents", "Chat", "Crypto", "Database", "EventLoop", "Git", "JSON", "Logging", "People", "Posts",
            "Primitives",
            "Repositories", "Sessions", "SpecDocuments", "Specs", "Store", "Threads"),
        domain("Audit", "Chat", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "Primitives"),
        domain(
            "Jail", "Crypto", "EventLoop", "HTTP", "HTTPServer", "Lifecycle", "Logging", "Primitives", "Processes",
            "Sandbox"),
        domain(
            "Work", "Audit", "Chat", "Compression", "Crypto", "Database", "EventLoop", "Git", "JSON", "Jail",
            "Lifecycle", "Logging", "Objects", "Primitives", "Processes", "Repositories", "Sandbox", "Store",
            "Telemetry"),
        domain(
            "Agent", "Audit", "Chat", "Crypto", "Database", "Git", "JSON", "Jail", "Logging", "Models", "Primitives",
            "Store", "Telemetry", "Web", "Work"),
        .target(
            name: "Analytics", dependencies: ["Chat", "Database", "JSON", "Primitives", "Store"],
            path: "Sources/Domain/Analytics", swiftSettings: small, plugins: ["EmbedTemplates"]),
        domain(
            "Store", "Audit", "Chat", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "Primitives", "Words"),
        domain("People", "Audit", "Chat", "Crypto", "Database", "JSON", "Primitives", "Store"),
        domain("Files", "Chat", "Crypto", "EventLoop", "Lifecycle", "Objects", "People", "Primitives", "Store"),
        .target(
            name: "Reading",
            dependencies: ["Chat", "Crypto", "EventLoop", "Files", "Jail", "Logging", "Primitives", "Processes"],
            path: "Sources/Domain/Reading", swiftSettings: small, plugins: ["EmbedTemplates"]),
        domain(
            "Speech", "Chat", "Crypto", "Files", "HTTP", "HTTPClient", "JSON", "Markdown", "Models", "Primitives"),
        domain("Web", "HTTP", "HTTPClient", "JSON", "Models", "Primitives"),
        domain("Memory", "Chat", "Database", "Models", "People", "Primitives", "Store", "Words"),
        domain("Metrics", "JSON", "Logging", "Primitives", "Telemetry"),
        domain(
            "Push", "Crypto", "Database", "EventLoop", "HTTP", "HTTPClient", "JSON", "Logging", "People", "Primitives",
            "Store"),
        domain(
            "Extensions", "Crypto", "Database", "EventLoop", "Git", "HTTP", "HTTPClient", "JSON", "Jail",
            "Lifecycle", "Logging", "Primitives", "Sandbox", "Store"),
        domain(
            "Threads", "Analytics", "Audit", "Chat", "Crypto", "Database", "EventLoop", "Files", "HTTP", "JSON",
            "Logging", "Metrics", "Objects", "People", "Primitives", "Store", "Telemetry", "Words"),
        domain(
            "Delivery", "Chat", "Database", "EventLoop", "Files", "JSON", "Lifecycle", "Logging", "Markdown", "Metrics",
            "Primitives", "Store", "Telemetry", "Threads"),
        domain("Etiquette", "Chat", "Crypto", "Database", "Primitives", "Store", "Threads"),
        domain("Surroundings", "Chat", "Database", "Models", "Primitives", "Store", "Threads"),
        domain(
            "Attention", "Chat", "Database", "Delivery", "EventLoop", "JSON", "Logging", "People", "Primitives",
            "Store", "Threads", "Words"),
        domain("Joining", "Chat", "Database", "Etiquette", "Primitives", "Store", "Threads"),
        domain("Schedules", "Chat", "Crypto", "Database", "Primitives", "Store", "Threads", "Words"),
        domain(
            "Posts", "Analytics", "Attention", "Chat", "Database", "Delivery", "Files", "JSON", "Logging", "People",
            "Primitives", "Schedules", "Store", "Threads", "Words"),
        domain(
            "Sessions", "Analytics", "Attention", "Audit", "Chat", "Database", "Delivery", "Etiquette", "EventLoop",
            "Extensions", "Files", "JSON", "Joining", "Lifecycle", "Logging", "Memory", "Metrics", "Models", "People",
            "Posts", "Primitives", "Schedules",
            "Store", "Surroundings", "Telemetry", "Threads", "Words"),
        domain(
            "Tasks", "Analytics", "Audit", "Chat", "Crypto", "Database", "Delivery", "EventLoop", "Git", "JSON",
            "Lifecycle", "Logging", "Markdown", "People", "Posts", "Primitives", "Repositories", "Sessions", "Store",
            "Threads"),
        domain(
            "SignIn", "Chat", "Copilot", "Crypto", "GitHub", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging",
            "Models", "People", "Primitives", "Store"),
        domain(
            "Backup", "Audit", "Compression", "Crypto", "Database", "EventLoop", "JSON", "Lifecycle", "Logging",
            "Objects", "Primitives"),
        domain(
            "Cluster", "Chat", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "Metrics", "Primitives", "Store"),
        domain(
            "Turns", "Agent", "Analytics", "Audit", "Chat", "Copilot", "Crypto", "EventLoop", "Extensions", "Files",
            "Git", "GitHub", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Jail", "Lifecycle", "Logging", "Memory",
            "Models",
            "People",
            "Posts", "Primitives", "Processes", "Repositories", "Schedules", "Sessions", "SignIn", "SpecDocuments",
            "Specs", "Speech", "Store", "Tasks", "Threads", "Web", "Work", "YAML"),

        // Adapters and Gateway
        .target(
            name: "Kit", dependencies: ["Chat", "EventLoop", "Lifecycle", "Markdown", "Primitives"],
            path: "adapters/Kit", swiftSettings: small),
        adapter(
            "IRC", "Chat", "Crypto", "EventLoop", "HTTPClient", "JSON", "Kit", "Logging", "Markdown", "Primitives"),
        adapter(
            "Matrix", "Chat", "Crypto", "Database", "EventLoop", "HTTP", "HTTPClient", "JSON", "Kit", "Lifecycle",
            "Logging", "Markdown", "Olm", "Primitives"),
        adapter(
            "Slack", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Kit", "Logging",
            "Markdown", "Primitives", "WebSockets"),
        adapter(
            "Telegram", "Chat", "Crypto", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Kit", "Logging", "Markdown",
            "Primitives"),
        .target(
            name: "Gateway",
            dependencies: [
                "Analytics", "Audit", "Chat", "Compression", "Crypto", "Database", "Delivery", "Documents", "Etiquette",
                "EventLoop", "Files", "Git", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Lifecycle", "Logging",
                "Markdown", "Memory", "Metrics", "Models", "People", "Posts", "Primitives", "Push", "Repositories",
                "Schedules",
                "Schemas",
                "Sessions", "SignIn", "Specs", "Store", "Tasks", "Telemetry", "Threads", "WebSockets", "Words",
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
                "Agent", "Analytics", "Audit", "Backup", "Chat", "Cluster", "Copilot", "Crypto", "Database", "Delivery",
                "Documents", "EventLoop", "Extensions", "Files", "Gateway", "Git", "GitHub", "HTTP", "HTTPClient",
                "HTTPServer",
                "IRC", "JSON", "Jail", "Kit", "Lifecycle", "Logging", "Matrix", "Metrics", "Models", "Objects",
                "People", "Posts", "Primitives", "Proxy", "Push", "Reading", "Repositories", "Schemas", "Sessions",
                "SignIn",
                "Slack",
                "Specs", "Speech", "Store", "Tasks", "Telegram", "Telemetry", "Threads", "Turns", "Web", "Words",
                "Work", "YAML",
            ],
            path: "Sources/Host", swiftSettings: small, plugins: ["EmbedTemplates"]),
        .plugin(name: "EmbedTemplates", capability: .buildTool(), exclude: ["embed.sh"]),
        .executableTarget(
            name: "jetbridge",
            dependencies: [
                "Analytics", "Audit", "Backup", "Chat", "Cluster", "Crypto", "Database", "EventLoop", "Extensions",
                "Gateway", "HTTP",
                "HTTPClient", "Host", "JSON", "Lifecycle", "Logging", "Markdown", "Matrix", "Models", "People",
                "Primitives", "Processes", "Schemas", "Sessions", "SpecDocuments", "Specs", "Store", "Tasks",
                "Terminals", "Threads", "WebSockets", "Work",
            ],
            path: "Sources/jetbridge", swiftSettings: small),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: [
                "CSystem", "Chat", "Crypto", "Database", "EventLoop", "Extensions", "HTTP", "HTTPClient", "HTTPServer",
                "JSON", "Lifecycle", "Logging", "Models", "Objects", "Primitives", "Processes", "WebSockets",
            ],
            path: "TestSupport", exclude: ["Servers/Matrix/clients", "Servers/moto", "Servers/otlp"],
            swiftSettings: test),
        // What scripts/bench measures inside the process, and its load; no part of the program. Tests of jails run it too.
        .executableTarget(
            name: "jetbridge-bench",
            dependencies: [
                "Agent", "Analytics", "CMarkGFM", "Chat", "Database", "Delivery", "EventLoop", "Extensions", "Git",
                "HTTP",
                "HTTPClient", "HTTPServer", "IRC", "JSON", "Jail", "Kit", "Logging", "Matrix", "Metrics", "Models",
                "Olm", "People", "Primitives", "Processes", "Repositories", "Sandbox", "Sessions", "SpecDocuments",
                "Store", "TestSupport", "Threads", "Turns", "Work",
            ],
            path: "Sources/jetbridge-bench", swiftSettings: cold, linkerSettings: withTesting),
        tests("Primitives", "JSON", "Primitives", "TestSupport"),
        tests("JSON", "JSON"),
        tests("Schemas", "JSON", "Primitives", "Schemas"),
        tests("Crypto", "Crypto"),
        tests(
            "Telemetry", "HTTP", "HTTPServer", "JSON", "Lifecycle", "Logging", "Metrics", "Primitives", "Telemetry",
            "TestSupport", "Threads"),
        tests("Olm", "Crypto", "Olm"),
        tests("Logging", "JSON", "Logging", "Primitives"),
        tests("EventLoop", "EventLoop", "Lifecycle", "Primitives", "TestSupport"),
        tests("Lifecycle", "EventLoop", "Lifecycle", "Primitives", "Processes", "TestSupport"),
        tests("Processes", "EventLoop", "Primitives", "Processes"),
        tests("HTTP", "HTTP"),
        tests("HTTPClient", "EventLoop", "HTTP", "HTTPClient", "Primitives", "Processes", "TestSupport"),
        tests("HTTPServer", "EventLoop", "HTTP", "HTTPServer", "JSON", "Logging", "Primitives", "TestSupport"),
        tests(
            "WebSockets", "EventLoop", "HTTP", "HTTPServer", "Logging", "Primitives", "Processes", "TestSupport",
            "WebSockets"),
        tests("Database", "Database", "Primitives", "TestSupport"),
        tests("Git", "Crypto", "EventLoop", "Git", "HTTP", "Primitives", "Processes", "TestSupport"),
        tests(
            "Objects", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "Objects", "Primitives", "TestSupport"
        ),
        tests("Markdown", "Markdown", "Primitives", "TestSupport"),
        tests("Words", "Words"),
        tests("YAML", "YAML"),
        tests("Terminals", "Terminals"),
        tests("Sandbox", "Sandbox", "TestSupport"),
        tests("Audit", "Audit", "Crypto", "Database", "JSON", "Logging", "Primitives", "TestSupport"),
        tests(
            "Jail", "EventLoop", "HTTP", "HTTPServer", "JSON", "Jail", "Lifecycle", "Logging", "Primitives",
            "Processes", "Sandbox", "TestSupport"),
        tests(
            "Work", "Audit", "Chat", "Compression", "Crypto", "Database", "EventLoop", "Git", "HTTP", "HTTPClient",
            "JSON", "Jail", "Logging", "Objects", "Primitives", "Processes", "Repositories", "Store", "TestSupport",
            "Work"),
        tests(
            "Agent", "Agent", "Audit", "Chat", "Database", "Git", "HTTP", "HTTPClient", "JSON", "Jail", "Logging",
            "Models",
            "Primitives", "Processes", "Repositories", "Store", "TestSupport", "Web", "Work"),
        tests(
            "Reading", "Chat", "Compression", "EventLoop", "Files", "Jail", "Primitives", "Reading", "TestSupport",
            exclude: ["Fixtures"]),
        tests("Web", "HTTP", "HTTPClient", "Primitives", "TestSupport", "Web"),
        tests("Speech", "Chat", "Files", "HTTP", "HTTPClient", "Primitives", "Speech", "TestSupport"),
        tests(
            "Extensions", "Agent", "Chat", "Database", "EventLoop", "Extensions", "HTTP", "HTTPClient", "JSON",
            "Jail", "Logging", "Primitives", "Processes", "Sandbox", "Store", "TestSupport", "Turns",
            exclude: ["Fixtures"]),
        tests("Analytics", "Analytics", "JSON", "Primitives"),
        tests("Chat", "Chat"),
        tests(
            "Models", "Chat", "Crypto", "EventLoop", "HTTP", "HTTPClient", "JSON", "Logging", "Models", "Primitives",
            "Processes", "TestSupport"),
        tests(
            "Copilot", "Chat", "Copilot", "EventLoop", "HTTP", "HTTPClient", "JSON", "Lifecycle", "Logging", "Models",
            "Primitives", "Processes", "TestSupport"),
        tests("Repositories", "Chat", "Git", "Logging", "Primitives", "Repositories", "TestSupport"),
        tests(
            "Documents", "Chat", "Crypto", "Documents", "JSON", "Logging", "Repositories", "TestSupport", "Threads",
            exclude: ["yjs"]),
        tests(
            "GitHub", "Chat", "Copilot", "Crypto", "Database", "EventLoop", "GitHub", "HTTP", "HTTPClient", "JSON",
            "Logging", "Models", "Primitives", "Processes", "Repositories", "Store", "TestSupport", "Threads"),
        tests(
            "Tasks", "Analytics", "Audit", "Chat", "Database", "Delivery", "Git", "JSON", "Logging", "Metrics",
            "People", "Posts", "Primitives", "Repositories", "Sessions", "Store", "Tasks", "TestSupport", "Threads",
            exclude: ["Corpus"]),
        tests(
            "Specs", "Chat", "Git", "JSON", "Logging", "Models", "Primitives", "Repositories", "Schemas",
            "SpecDocuments", "Specs", "TestSupport"),
        tests("Push", "Crypto", "HTTP", "JSON", "Primitives", "Push", "TestSupport"),
        tests("Attention", "Attention", "Chat", "TestSupport", "Threads"),
        tests("Delivery", "Chat", "Delivery", "Primitives", "Store", "TestSupport", "Threads"),
        tests("Etiquette", "Chat", "Etiquette", "Threads"),
        tests("Surroundings", "Chat", "Models", "Surroundings"),
        tests("Joining", "Chat", "Joining", "TestSupport", "Threads"),
        tests("Schedules", "Primitives", "Schedules"),
        tests(
            "Sessions", "Analytics", "Attention", "Audit", "Chat", "Database", "Delivery", "Etiquette", "Extensions",
            "Files", "JSON",
            "Joining", "Logging", "Memory", "Metrics", "Models", "Objects", "People", "Posts", "Primitives",
            "Schedules",
            "Sessions", "Store",
            "Surroundings", "TestSupport", "Threads", "Words", "Work",
            exclude: ["Storage/FirstRelease"]),
        tests(
            "Turns", "Agent", "Audit", "Chat", "Copilot", "Crypto", "Database", "Delivery", "EventLoop", "Extensions",
            "Git", "GitHub", "HTTP", "HTTPClient", "Host", "JSON", "Jail", "Lifecycle", "Logging", "Memory", "Metrics",
            "Models", "People",
            "Posts", "Primitives", "Repositories", "Sandbox", "Schedules", "Sessions", "Specs", "Speech", "Store",
            "Tasks",
            "TestSupport",
            "Threads",
            "Turns", "Work"),
        tests(
            "Backup", "Backup", "Compression", "Crypto", "Database", "JSON", "Lifecycle", "Logging", "Objects",
            "Primitives", "TestSupport"),
        tests("Cluster", "Cluster", "Crypto", "Database", "Primitives", "Store", "TestSupport"),
        tests("Kit", "Chat", "Kit", "Markdown", "Primitives", "TestSupport"),
        tests("IRC", "Chat", "Crypto", "EventLoop", "IRC", "Kit", "Primitives", "TestSupport"),
        tests(
            "Matrix", "Chat", "Crypto", "Database", "EventLoop", "HTTP", "HTTPClient", "JSON", "Kit", "Lifecycle",
            "Logging", "Matrix", "Olm", "Primitives", "Processes", "Store", "TestSupport"),
        tests(
            "Slack", "Chat", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Kit", "Lifecycle", "Logging",
            "Primitives", "Slack", "TestSupport"),
        tests(
            "Telegram", "Chat", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Kit", "Markdown",
            "Primitives", "Telegram", "TestSupport"),
        tests(
            "StandIns", "Crypto", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Logging", "Primitives",
            "Processes", "TestSupport", "WebSockets",
            exclude: ["GitHub/clients", "Slack/clients"]),
        tests(
            "Gateway", "Chat", "Copilot", "Crypto", "Database", "Delivery", "Documents", "EventLoop", "Files",
            "Gateway", "Git", "GitHub", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Logging", "Metrics", "Models",
            "People", "Posts", "Primitives", "Processes", "Push", "Repositories", "Schemas", "Sessions", "SignIn",
            "Specs",
            "Store",
            "Tasks", "TestSupport", "Threads", "WebSockets",
            exclude: ["SignIn/openid"]),
        tests(
            "Proxy", "Copilot", "EventLoop", "HTTP", "HTTPClient", "HTTPServer", "JSON", "Logging", "Primitives",
            "Proxy", "Telemetry", "TestSupport"),
        tests(
            "Host", "Agent", "Analytics", "Chat", "Copilot", "Database", "EventLoop", "Extensions", "Gateway", "GitHub",
            "HTTP", "Host", "IRC", "JSON", "Jail", "Kit", "Lifecycle", "Logging", "Matrix", "Objects", "People",
            "Primitives", "Proxy", "Reading", "Repositories", "SignIn", "Slack", "Speech", "Store", "Telegram",
            "TestSupport",
            "Threads", "Turns", "Web", "Work"),
        tests(
            "jetbridge", "Gateway", "Host", "JSON", "Lifecycle", "Primitives", "Processes", "TestSupport", "jetbridge"),
        tests(
            "AdapterContract", "Chat", "Database", "Delivery", "Gateway", "HTTP", "IRC", "JSON", "Kit", "Logging",
            "Markdown", "Matrix", "Metrics", "Models", "People", "Primitives", "Sessions", "Slack", "Store", "Telegram",
            "TestSupport", "Threads"),
        tests(
            "Crash", "Crypto", "Database", "EventLoop", "GitHub", "HTTP", "HTTPClient", "HTTPServer", "JSON",
            "Primitives", "Processes", "Store", "TestSupport", "WebSockets", "jetbridge"),
        tests(
            "EndToEnd", "Crypto", "Database", "EventLoop", "Gateway", "HTTP", "HTTPClient", "HTTPServer", "JSON",
            "Lifecycle", "Primitives", "Processes", "Store", "TestSupport", "jetbridge",
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

// The library of regular expressions is linked with whatever searches one text in another, and is a megabyte. So the
// program leaves it out, and `Primitives` searches instead.
for target in package.targets where [.regular, .executable].contains(target.type) && target.path != "TestSupport" {
    var flags = ["-disable-implicit-string-processing-module-import"]
    let searches = target.dependencies.contains { if case .byNameItem("Primitives", _) = $0 { true } else { false } }
    if searches { flags += ["-import-module", "Primitives"] }
    // Otherwise the linker keeps each package function, used or not, and neither drops nor folds the others.
    if !isQuick { flags += ["-function-sections", "-internalize-at-link"] }
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(flags.flatMap { ["-Xfrontend", $0] })]
}

// libFuzzer brings its own main and its own flags, so its program is not part of an ordinary build.
if Context.environment["JETBRIDGE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Chat", "Compression", "Copilot", "Crypto", "Documents", "Gateway", "HTTP", "HTTPClient", "HTTPServer",
                "Host", "IRC", "JSON", "Kit", "Logging", "Markdown", "Matrix", "Models", "Olm", "Primitives",
                "Proxy", "SignIn", "Slack", "SpecDocuments", "Tasks", "Telegram", "YAML",
            ],
            path: "Tests/Fuzz",
            exclude: ["Seeds"],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-use-ld=lld", "-sanitize=fuzzer"])]))
}

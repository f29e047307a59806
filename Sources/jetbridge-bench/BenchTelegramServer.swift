internal import EventLoop
internal import JSON
internal import JetbridgeTesting

/// Telegram's stand-in as a program of its own, moved over HTTP: see `LoopbackTelegram+Control`.
///
/// `flood=real|off|FACTOR` chooses the limits on sending, `privacy=off` lets the bot hear everything in groups.
struct BenchTelegramServer: Sendable {
    private let port: UInt16
    private let settings: LoopbackTelegram.Settings

    init(_ arguments: BenchArguments) {
        self.port = UInt16(clamping: arguments.number("port", default: 0))
        var settings = LoopbackTelegram.Settings()
        settings.hasControl = true
        settings.token = arguments.text("token", default: settings.token)
        settings.username = arguments.text("username", default: settings.username)
        settings.hasPrivacyMode = arguments.text("privacy", default: "on") != "off"
        settings.messageLimit = arguments.number("messages", default: settings.messageLimit)
        switch arguments.text("flood", default: "real") {
        case "real": settings.flood = .real
        case "off": settings.flood = .off
        case let factor: settings.flood = .scaled(Double(factor) ?? 1)
        }
        self.settings = settings
    }

    /// Serves until the process ends.
    func run() async throws {
        let telegram = try await LoopbackTelegram.started(self.settings, port: self.port)
        BenchOutput.line([
            "api_url": .string(telegram.apiURL), "control_url": .string(telegram.apiURL + "/control"),
            "token": .string(telegram.token),
        ])
        try await EventLoop.shared.sleep(for: .seconds(86_400 * 365))
    }
}

internal import EventLoop

/// Webhooks of the stand-in.
extension LoopbackGitHub {
    /// Adds a webhook for every event without GitHub's ping.
    @Net package func addHook(_ url: String, to fullName: String, secret: String) {
        self.hub.repository(fullName)?.hooks.append(
            HubHook(id: self.hub.nextID(), url: url, secret: secret, events: ["*"], created: self.hub.now))
    }

    /// Every delivery so far, oldest first.
    @Net package var deliveries: [HubDelivery] { self.hub.deliveries }
}

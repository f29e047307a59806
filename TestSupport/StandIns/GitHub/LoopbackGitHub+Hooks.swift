internal import EventLoop
package import JSON

/// Webhooks of the stand-in.
extension LoopbackGitHub {
    /// Adds a webhook without GitHub's ping; returns its id.
    @Net @discardableResult
    package func addHook(
        _ url: String, to fullName: String, secret: String?, events: [String] = ["*"], isForm: Bool = false
    ) -> Int {
        let hook = HubHook(
            id: self.hub.nextID(), url: url, secret: secret, contentType: isForm ? "form" : "json", events: events,
            isActive: true, created: self.hub.now, updated: self.hub.now)
        self.hub.repository(fullName)?.hooks.append(hook)
        return hook.id
    }

    /// Every delivery so far, oldest first.
    @Net package var deliveries: [HubDelivery] { self.hub.deliveries }

    /// Holds deliveries back.
    @Net package func holdDeliveries() { self.hub.poster.isHeld = true }

    /// Delivers what is held back, reordered by the places: `{ $0.reversed() }` for the newest first, `{ $0 + $0 }` for
    /// everything twice.
    @Net package func releaseDeliveries(in order: (([Int]) -> [Int])? = nil) {
        self.hub.poster.release(in: order)
    }

    /// Delivers again, with the same GUID; with a wrong signature if forged.
    @Net package func redeliver(_ delivery: HubDelivery, isForged: Bool = false) {
        guard let hook = self.hub.hook(delivery.hook) else { return }
        self.hub.redeliver(delivery, to: hook, isForged: isForged)
    }

    /// Delivers again as often as asked, at once; returns the statuses of the answers.
    @Net package func deliverAtOnce(_ delivery: HubDelivery, times: Int = 2) async -> [Int] {
        guard let hook = self.hub.hook(delivery.hook),
            let request = GitHubPoster.request(delivery, to: hook.url, secret: hook.secret, type: hook.contentType)
        else { return [] }
        // At once, on the loop.
        let tasks = (0..<times).map { _ in Task { await self.hub.poster.post(request) } }
        var statuses: [Int] = []
        for task in tasks { statuses.append(await task.value) }
        return statuses
    }

    /// Sends an event that GitHub would not send by itself now.
    @Net package func tell(_ event: String, of fullName: String, by login: String, _ payload: JSON) {
        guard let repository = self.hub.repository(fullName), let object = payload.objectValue else { return }
        self.hub.tell(event, in: repository, by: login, object)
    }
}

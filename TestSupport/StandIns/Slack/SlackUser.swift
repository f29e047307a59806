internal import JSON

struct SlackUser {
    var id: String
    var name: String
    var realName: String
    var teamID: String
    var isBot = false
    var isRestricted = false
    var isUltraRestricted = false
    var isStranger = false
    var isDeleted = false

    var json: JSON {
        [
            "id": .string(self.id), "team_id": .string(self.teamID), "name": .string(self.name),
            "deleted": .bool(self.isDeleted), "real_name": .string(self.realName), "tz": "Europe/Berlin",
            "profile": [
                "real_name": .string(self.realName), "display_name": .string(self.name),
                "team": .string(self.teamID),
            ],
            "is_admin": false, "is_owner": false, "is_bot": .bool(self.isBot), "is_app_user": false,
            "is_restricted": .bool(self.isRestricted), "is_ultra_restricted": .bool(self.isUltraRestricted),
            "is_stranger": .bool(self.isStranger),
        ]
    }
}

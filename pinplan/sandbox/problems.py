"""Error responses with Pinterest's codes (API description 5.17 and 5.23, and public issue threads)."""


class ApiProblem(Exception):
    """An error response: HTTP status, Pinterest's code, message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Keep status, code and message."""
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


def board_not_found(board_id: str) -> ApiProblem:
    """404/40."""
    return ApiProblem(404, 40, f"Board not found: {board_id}")


def pin_not_found(pin_id: str) -> ApiProblem:
    """404/50."""
    return ApiProblem(404, 50, f"Pin not found: {pin_id}")


def section_not_found(section_id: str) -> ApiProblem:
    """404/2031."""
    return ApiProblem(404, 2031, f"Board section not found: {section_id}")


def bad_request(message: str) -> ApiProblem:
    """400/1."""
    return ApiProblem(400, 1, message)


def too_small() -> ApiProblem:
    """403/233 (API description 5.17; newer ones list no codes)."""
    return ApiProblem(403, 233, "The image is too small.")


def broken() -> ApiProblem:
    """403/235 (API description 5.17)."""
    return ApiProblem(403, 235, "The image is broken.")


def too_large() -> ApiProblem:
    """400/1: a guess, like the limit itself; Pinterest documents neither."""
    return bad_request("The image is too large.")


def authentication_failed() -> ApiProblem:
    """401/2."""
    return ApiProblem(401, 2, "Authentication failed.")


def not_permitted(message: str) -> ApiProblem:
    """403/29."""
    return ApiProblem(403, 29, message)


def insufficient_scopes() -> ApiProblem:
    """401/3, as Pinterest words it (pinterest/api-quickstart, issue 97)."""
    return ApiProblem(
        401,
        3,
        "Your token does not have sufficient permissions to perform this operation. "
        "Please ensure your token is authorized with the correct set of scopes.",
    )


def invalid_grant() -> ApiProblem:
    """401/283: a code or refresh token that is unknown, used, expired, or for another redirect URI (wording of older versions)."""
    return ApiProblem(401, 283, "The authorization grant is invalid")


def restricted_feature() -> ApiProblem:
    """401/3: the app, not the token, lacks access (wording of another beta operation)."""
    return ApiProblem(401, 3, "Your application does not have access to this restricted feature.")


def trial_refused() -> ApiProblem:
    """403/29, as Pinterest answered in November 2025 (gitroomhq/postiz-app, issue 1084)."""
    return ApiProblem(
        403,
        29,
        "Apps with Trial access may not create Pins in production https://api.pinterest.com - "
        "use API Sandbox https://api-sandbox.pinterest.com instead.",
    )


def rate_limited() -> ApiProblem:
    """429/8."""
    return ApiProblem(429, 8, "This request exceeded a rate limit. Please try again later.")

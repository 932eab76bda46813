Feature: What an administrator may ask for, and when
  A refusal says why and changes nothing; what is asked for twice is done once (docs/behaviour.md §5).

  Scenario Outline: Failover of a node that is <state>
    Given the pair has come to row <row>
    When an administrator asks <node> for failover
    Then that is <answer>

    Examples:
      | state                                          | row | node   | answer                |
      | Normal                                         | 1   | node 1 | accepted              |
      | Failing Over                                   | 2   | node 1 | done already          |
      | Taking Over                                    | 2   | node 2 | refused for its state |
      | Idle                                           | 3   | node 1 | done already          |
      | Running in Backup Mode                         | 3   | node 2 | refused for its state |
      | Taking Back                                    | 4   | node 1 | refused for its state |
      | Falling Back                                   | 4   | node 2 | refused for its state |
      | Failed Over                                    | 11  | node 1 | refused for its state |
      | Failed Over with Critical Services not Running | 12  | node 1 | refused for its state |
      | Running in Failed Mode                         | 19  | node 1 | refused for its state |
      | Backup Activated                               | 23  | node 1 | refused for its state |
      | Failover Affected Services                     | 23  | node 2 | refused for its state |
      | Unknown                                        | 24  | node 1 | refused for its state |

  Scenario Outline: Fallback to a node that is <state>
    Given the pair has come to row <row>
    When an administrator asks <node> for fallback
    Then that is <answer>

    Examples:
      | state                                          | row | node   | answer                |
      | Normal                                         | 1   | node 1 | refused for its state |
      | Failing Over                                   | 2   | node 1 | refused for its state |
      | Taking Over                                    | 2   | node 2 | refused for its state |
      | Idle                                           | 3   | node 1 | accepted              |
      | Running in Backup Mode                         | 3   | node 2 | refused for its state |
      | Taking Back                                    | 4   | node 1 | done already          |
      | Falling Back                                   | 4   | node 2 | refused for its state |
      | Failed Over                                    | 11  | node 1 | accepted              |
      | Failed Over with Critical Services not Running | 12  | node 1 | refused for its state |
      | Running in Failed Mode                         | 19  | node 1 | refused for its state |
      | Backup Activated                               | 23  | node 1 | refused for its state |
      | Failover Affected Services                     | 23  | node 2 | refused for its state |
      | Unknown                                        | 24  | node 1 | refused for its state |

  Scenario Outline: Recovery of a node that is <state>
    Given the pair has come to row <row>
    When an administrator asks <node> for recover
    Then that is <answer>

    Examples:
      | state                                          | row | node   | answer                |
      | Normal                                         | 1   | node 1 | refused for its state |
      | Failing Over                                   | 2   | node 1 | refused for its state |
      | Taking Over                                    | 2   | node 2 | refused for its state |
      | Idle                                           | 3   | node 1 | refused for its state |
      | Running in Backup Mode                         | 3   | node 2 | refused for its state |
      | Taking Back                                    | 4   | node 1 | refused for its state |
      | Falling Back                                   | 4   | node 2 | refused for its state |
      | Failed Over                                    | 11  | node 1 | refused for its state |
      | Failed Over with Critical Services not Running | 12  | node 1 | refused for its state |
      | Running in Failed Mode                         | 19  | node 1 | accepted              |
      | Running in Failed Mode, the other one          | 19  | node 2 | accepted              |
      | Backup Activated                               | 22  | node 1 | refused for its state |
      | Failover Affected Services                     | 22  | node 2 | refused for its state |
      | Unknown                                        | 24  | node 1 | refused for its state |

  Scenario Outline: Forced takeover by a node that is <state>
    Given the pair has come to row <row>
    When an administrator asks <node> for forced takeover
    Then that is <answer>

    Examples:
      | state                  | row | node   | answer                |
      | Normal                 | 1   | node 1 | refused for its state |
      | Idle                   | 3   | node 1 | refused for its peer  |
      | Running in Backup Mode | 3   | node 2 | refused for its state |
      | Failed Over            | 11  | node 1 | refused for its state |
      | Running in Failed Mode | 19  | node 1 | refused for its state |
      | Unknown                | 24  | node 1 | refused for its state |

  Scenario Outline: Cancelling the automatic fallback of a node that is <state>
    Given the pair has come to row <row>
    When an administrator asks <node> for cancel fallback
    Then that is refused for want of a countdown

    Examples:
      | state                                | row | node   |
      | Normal                               | 1   | node 1 |
      | Idle                                 | 3   | node 1 |
      | Failed Over, but never automatically | 11  | node 1 |

  Scenario Outline: Switching high availability <switch> in row <row>
    Given the pair has come to row <row>
    When an administrator asks <node> for high availability <switch>
    Then that is <answer>

    Examples:
      | switch | row | node   | answer       |
      | off    | 1   | node 1 | accepted     |
      | off    | 3   | node 2 | accepted     |
      | off    | 24  | node 2 | done already |
      | on     | 1   | node 2 | done already |
      | on     | 24  | node 1 | accepted     |

  Scenario: A failover that is asked for twice is done once
    When an administrator asks node 1 for failover
    Then that is accepted
    When the administrator asks again
    Then that is done already
    And the pair comes to rest in row 3
    When the administrator asks again
    Then that is done already
    And node 1 has failed over only once

  Scenario: A failover to a peer that has died without a word is given up
    When the daemon of node 1 dies
    And node 2 has not heard its peer for 59 s
    And an administrator asks node 2 for failover
    Then that is accepted
    And the pair comes to rest in row 16

  Scenario: An Idle node whose peer dies stays Idle until it is forced
    Given the pair has come to row 3
    When the daemon of node 2 dies
    And the pair comes to rest
    Then node 1 is Idle (On Admin Request)
    And the users of node 2 are served by nobody
    And node 1 raises the alarm that nobody serves
    When an administrator asks node 1 for fallback
    Then that is refused for its peer
    When an administrator asks node 1 for forced takeover
    Then that is accepted
    When the pair comes to rest
    Then node 1 is Running in Backup Mode (Peer Down)
    And the users of node 1 are served by node 1
    And the users of node 2 are served by node 1

  Scenario: No fallback before the user directories agree
    Given the pair has come to row 3
    When the user directory of node 1 falls behind
    And an administrator asks node 1 for fallback
    Then that is refused for its directory

  Scenario: High availability is not switched on while the user directories differ
    Given the pair has come to row 24
    When the user directory of node 1 falls behind
    And an administrator asks node 2 for high availability on
    Then that is refused for its directory

  Scenario: A node that is leaving does nothing more that it is asked
    When an administrator asks node 1 for goodbye
    Then that is accepted
    When an administrator asks node 1 for failover
    Then that is refused for its leaving

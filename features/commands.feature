Feature: What an administrator may ask for, and when
  A refusal says why and changes nothing; what is asked for twice is done once (docs/behaviour.md §5).

  Scenario Outline: What a node that is <state> is told
    Every answer but an acceptance changes nothing, so that all are asked of one group in turn; what is accepted is asked
    of a group of its own.

    Given the pair has come to row <row>
    Then <node> in state <state> answers
      | failover                | <failover>        |
      | fallback                | <fallback>        |
      | recover                 | <recover>         |
      | forced takeover         | <forced takeover> |
      | cancel fallback         | <cancel>          |
      | high availability on    | <on>              |
      | high availability off   | <off>             |

    Examples:
      | state                                          | row | node   | failover       | fallback       | recover        | forced takeover | cancel                | on           | off          |
      | Normal                                         | 1   | node 1 | accepted       | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Failing Over                                   | 2   | node 1 | done already   | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Taking Over                                    | 2   | node 2 | refused: state | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Idle                                           | 3   | node 1 | done already   | accepted       | refused: state | refused: peer   | refused: no countdown | done already | accepted     |
      | Running in Backup Mode                         | 3   | node 2 | refused: state | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Taking Back                                    | 4   | node 1 | refused: state | done already   | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Falling Back                                   | 4   | node 2 | refused: state | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Failed Over                                    | 11  | node 1 | refused: state | accepted       | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Failed Over with Critical Services not Running | 12  | node 1 | refused: state | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Running in Failed Mode                         | 19  | node 1 | refused: state | refused: state | accepted       | refused: state  | refused: no countdown | done already | accepted     |
      | Running in Failed Mode                         | 19  | node 2 | refused: state | refused: state | accepted       | refused: state  | refused: no countdown | done already | accepted     |
      | Backup Activated                               | 23  | node 1 | refused: state | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Failover Affected Services                     | 23  | node 2 | refused: state | refused: state | refused: state | refused: state  | refused: no countdown | done already | accepted     |
      | Unknown                                        | 24  | node 1 | refused: state | refused: state | refused: state | refused: state  | refused: no countdown | accepted     | done already |

  Scenario: What a node that is Initializing is told
    When the daemon of node 1 dies
    And the daemon of node 2 restarts
    Then node 2 in state Initializing answers
      | failover                | refused: state        |
      | fallback                | refused: state        |
      | recover                 | refused: state        |
      | forced takeover         | refused: state        |
      | cancel fallback         | refused: no countdown |
      | high availability on    | done already          |
    And node 2 is Initializing (Initialization)

  Scenario: A recovery that is asked for twice is done once
    Given the pair has come to row 19
    When user moves of node 2 succeed again
    And an administrator asks node 1 for recover
    Then that is accepted
    When the administrator asks again
    Then that is done already
    And the pair comes to rest in row 1

  Scenario: A failover that is asked for twice is done once
    When an administrator asks node 1 for failover
    Then that is accepted
    When the administrator asks again
    Then that is done already
    And the pair comes to rest in row 3
    When the administrator asks again
    Then that is done already
    And node 1 has failed over only once

  @simulated:a-daemon-starts-within-a-moment
  Scenario: No failover to a peer that is still starting
    When the critical service of node 2 fails
    And the daemon of node 2 restarts
    And 500 ms pass
    And an administrator asks node 1 for failover
    Then that is refused: peer
    And node 1 is Normal (Normal)
    And node 2 is Initializing (Initialization)

  @simulated:two-commands-at-one-moment-need-a-clock-that-stands-still
  Scenario: Two failovers at once: the second node by name takes over
    When node 1 is failed over
    And node 2 is failed over
    And the pair comes to rest
    Then the first node by name is Idle (On Admin Request)
    And the second node by name is Running in Backup Mode (On Admin Request)
    And nobody was ever served twice

  Scenario: A failover to a peer that has died without a word is given up
    When the daemon of node 1 dies
    And node 2 has not heard its peer for 30 s
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
    Then that is refused: peer
    When an administrator asks node 1 for forced takeover
    Then that is accepted
    When the pair comes to rest
    Then node 1 is Running in Backup Mode (Peer Down)
    And the users of node 1 are served by node 1
    And the users of node 2 are served by node 1

  @simulated:daemons-catch-up-with-each-other-before-anybody-can-ask
  Scenario: No fallback before the user directories agree
    Given the pair has come to row 3
    When the user directory of node 1 falls behind
    And an administrator asks node 1 for fallback
    Then that is refused: directory
    And the pair is in row 3

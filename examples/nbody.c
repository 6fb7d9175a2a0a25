/* Planets under gravity: f64 arithmetic with square roots, on a small array of structures.
 * The integrator is leapfrog (kick, drift, kick); masses and orbits are made up.
 *
 *   nbody [STEPS]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODIES = 5, AXES = 3 };

struct body {
    double mass, position[AXES], velocity[AXES], acceleration[AXES];
};

static struct body bodies[BODIES];

static void place(void) {
    bodies[0].mass = 40.0;
    for (int i = 1; i < BODIES; i++) {
        double radius = 0.7 + 1.3 * i, speed = sqrt(bodies[0].mass / radius);
        bodies[i].mass = 0.01 / i;
        bodies[i].position[i % 2] = radius;
        bodies[i].velocity[1 - i % 2] = i % 2 ? -speed : speed;
        bodies[i].velocity[2] = 0.05 * speed;
    }
    double momentum[AXES] = {0};
    for (int i = 1; i < BODIES; i++)
        for (int k = 0; k < AXES; k++) momentum[k] += bodies[i].mass * bodies[i].velocity[k];
    for (int k = 0; k < AXES; k++) bodies[0].velocity[k] = -momentum[k] / bodies[0].mass;
}

static void attract(void) {
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < AXES; k++) bodies[i].acceleration[k] = 0;
    for (int i = 0; i < BODIES; i++) {
        for (int j = i + 1; j < BODIES; j++) {
            double apart[AXES], square = 0;
            for (int k = 0; k < AXES; k++) {
                apart[k] = bodies[j].position[k] - bodies[i].position[k];
                square += apart[k] * apart[k];
            }
            double scale = 1.0 / (square * sqrt(square));
            for (int k = 0; k < AXES; k++) {
                bodies[i].acceleration[k] += apart[k] * bodies[j].mass * scale;
                bodies[j].acceleration[k] -= apart[k] * bodies[i].mass * scale;
            }
        }
    }
}

static void step(double dt) {
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < AXES; k++) {
            bodies[i].velocity[k] += bodies[i].acceleration[k] * (dt / 2);
            bodies[i].position[k] += bodies[i].velocity[k] * dt;
        }
    }
    attract();
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < AXES; k++) bodies[i].velocity[k] += bodies[i].acceleration[k] * (dt / 2);
}

static double energy(void) {
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        double speed = 0;
        for (int k = 0; k < AXES; k++) speed += bodies[i].velocity[k] * bodies[i].velocity[k];
        sum += bodies[i].mass * speed / 2;
        for (int j = i + 1; j < BODIES; j++) {
            double square = 0;
            for (int k = 0; k < AXES; k++) {
                double apart = bodies[j].position[k] - bodies[i].position[k];
                square += apart * apart;
            }
            sum -= bodies[i].mass * bodies[j].mass / sqrt(square);
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    long steps = argc > 1 ? strtol(argv[1], NULL, 10) : 5000;
    place();
    attract();
    printf("energy %.15g\n", energy());
    for (long i = 0; i < steps; i++) step(0.001);
    printf("energy %.15g after %ld steps\n", energy(), steps);
    for (int i = 0; i < BODIES; i++) {
        const double *p = bodies[i].position;
        printf("body %d at %+.12f %+.12f %+.12f\n", i, p[0], p[1], p[2]);
    }
    return 0;
}
